"""Cost events that a page must tell apart: open with its commit, acknowledged, muted, over, of many models."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from fairlead.domain.anomaly import CostCause, CostEvent, CostKind, Deployed, Ending, Feedback, FeedbackKind
from fairlead.flows.cost_watch.events import KeptEvent
from fairlead.flows.cost_watch.feedback import weeks_of_alarms
from fairlead.flows.cost_watch.listing import CostEvents, EventView
from fairlead.flows.cost_watch.readiness import Watched
from tests.unit.web import sample

__all__ = ["BEGAN", "cost_events_of", "event", "kept", "views", "watched"]

BEGAN = sample.NOW.replace(minute=0, second=0) - timedelta(hours=1)
"""Where the sample's meter turns dear."""


def event(name: str = "3f9a1c0d2b44", **differs: object) -> CostEvent:
    """A serving configuration that made an inference dearer; a test states only what differs."""
    alan = sample.ALAN
    origin = Deployed(
        BEGAN - timedelta(minutes=4), "prod", "assistant", f"assistant@{alan.id[:12]}", alan.id, alan.author,
        alan.subject,
    )  # fmt: skip
    values: dict[str, object] = {
        "id": name,
        "environment": "prod",
        "model": "assistant",
        "kind": CostKind.SERVING_CONFIGURATION,
        "began": BEGAN,
        "found": BEGAN + timedelta(minutes=5),
        "actual": sample.usd("2.104"),
        "expected": sample.usd("1.318"),
        "cause": None,
        "origin": origin,
        "series": ("cost_per_1k_inferences[model=assistant]",),
        "sentence": "serving of prod/assistant costs 1.6 times as much since 2026-11-23 11:00 UTC: one replica answers "
        f"38 % fewer requests per second; began with commit {alan.id[:10]} by {alan.author}, '{alan.subject}'",
    }
    return CostEvent(**{**values, **differs})  # type: ignore[arg-type]


def kept(found: CostEvent, kind: FeedbackKind | None = None, until: datetime | None = None) -> KeptEvent:
    """An event, with one word of its owner where one is named."""
    if kind is None:
        return KeptEvent(found)
    word = Feedback(found.id, kind, "Grace Hopper", found.found + timedelta(minutes=9), sample.HOSTILE, until)
    return KeptEvent(found, (word,))


def views() -> tuple[EventView, ...]:
    """Newest first."""
    surge = event(
        "b81c00aa17e2", environment="staging", kind=CostKind.TRAFFIC_SURGE, origin=None,
        cause=CostCause("customer", (sample.HOSTILE,), Decimal("0.97")), began=BEGAN - timedelta(minutes=30),
        sentence=f"serving of staging/assistant costs 4.0 times as much: customer {sample.HOSTILE} explains 97 % of it",
    )  # fmt: skip
    price = event(
        "77d2f4c09be1", model="digits", kind=CostKind.PRICE_CHANGE, origin=None, began=BEGAN - timedelta(days=9),
        found=BEGAN - timedelta(days=9) + timedelta(minutes=10), sentence="a second of machine time costs 12 % more",
    )  # fmt: skip
    ended = replace(
        event("0aa911be5d70"), began=BEGAN - timedelta(days=20), found=BEGAN - timedelta(days=20, minutes=-8),
        ended=BEGAN - timedelta(days=19, hours=20), ending=Ending.BACK,
    )  # fmt: skip
    many = replace(ended, id="c4e1d2a0f9b3", model="", origin=None, began=BEGAN - timedelta(days=31))
    done = KeptEvent(event(), done=("propose-revert: a person decides; merge `fairlead/cost-assistant` into main",))
    return (
        EventView(done, "open"),
        EventView(kept(surge, "ack"), "acknowledged"),
        EventView(kept(price, "mute", sample.NOW + timedelta(days=2)), "muted"),
        EventView(kept(ended, "expected"), "over"),
        EventView(KeptEvent(many), "over"),
    )


def cost_events_of(found: tuple[EventView, ...], *, environment: str = "", open_only: bool = False) -> CostEvents:
    """As the flow narrows them."""
    chosen = [each for each in found if environment in {"", each.kept.event.environment}]
    shown = [each for each in chosen if each.standing in {"open", "acknowledged"} or not open_only]
    return CostEvents(tuple(shown), weeks_of_alarms(each.kept for each in chosen))


def watched() -> tuple[Watched, ...]:
    """One that may alarm, and one that is learnt of."""
    since = sample.NOW - timedelta(days=40)
    late = sample.NOW - timedelta(days=3)
    return (
        Watched("prod", "assistant", since, since + timedelta(days=14)),
        Watched("prod", "digits", late, late + timedelta(days=14)),
    )
