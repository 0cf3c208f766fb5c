"""Valid values of what flows answer, for tests of how they look. A test states only what differs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from fairlead.deliver.performance import Performance, Spread
from fairlead.domain.finding import Finding, Severity, Verdict
from fairlead.domain.incident import Incident
from fairlead.domain.plan import Action, CostComponent, Expected, Plan, Step
from fairlead.domain.release import Commit
from fairlead.flows.delivery_metrics import DeliveryMetrics
from fairlead.flows.fleet import Fleet, FleetRow, Freshness, Health
from fairlead.flows.history import TimelineEntry
from fairlead.kernel.money import Money

__all__ = [
    "ESCAPES",
    "NONE",
    "NOON",
    "commit",
    "component",
    "delivery_metrics",
    "finding",
    "fleet",
    "fleet_row",
    "incident",
    "plan",
    "timeline_entry",
]

NOON = datetime(2026, 11, 23, 12, 0, 5, tzinfo=UTC)

ESCAPES = "harmless\x1b]0;owned\x07\x1b[2J\u202egnp\u009b31m"
"""What a commit's subject may hold that a terminal would obey."""


def usd(amount: str) -> Money:
    """Dollars."""
    return Money(Decimal(amount), "USD")


def commit(**different: Any) -> Commit:  # noqa: ANN401 - any field may differ
    """A commit of Ada's."""
    made = Commit("0123456789abcdef0123456789abcdef01234567", "Ada", "ada@example.com", NOON, "Train on more digits")
    return replace(made, **different)


def incident(**different: Any) -> Incident:  # noqa: ANN401 - any field may differ
    """A model that Git declares and that is not live."""
    made = Incident(
        key="prod/chat/git-not-live",
        kind="git-not-live",
        environment="prod",
        model="chat",
        commit=commit().id,
        message="models/chat/model.yaml:3:5: unknown field 'ownr'",
        mend="write owner",
        opened=NOON,
    )
    return replace(made, **different)


def fleet_row(**different: Any) -> FleetRow:  # noqa: ANN401 - any field may differ
    """A healthy model with all that can be known of it."""
    made = FleetRow(
        environment="prod",
        model="digits",
        owner="vision@example.com",
        release="digits@0123456789ab",
        digest="d" * 64,
        wanted="d" * 64,
        commit=commit(),
        approved_by=("Grace Hopper",),
        since=NOON,
        health=Health.HEALTHY,
        ready=2,
        replicas=2,
        verdict=Verdict.PASS,
        expected=usd("31.5"),
        month=usd("12.3456789"),
        requests=120_000,
        errors=3,
        p99_ms=4.24,
        per_1k=usd("0.000412345"),
        trend=(Decimal("0.0004"), None),
        endpoint="http://127.0.0.1:8080/v2/models/digits/infer",
        suspended_until=None,
        incident=None,
    )
    return replace(made, **different)


def unknown_row(**different: Any) -> FleetRow:  # noqa: ANN401 - any field may differ
    """A model that is declared and of which nothing is known yet."""
    made = fleet_row(
        model="chat",
        owner="language team",
        release="",
        digest="",
        commit=None,
        approved_by=(),
        since=None,
        health=Health.PENDING,
        ready=0,
        replicas=1,
        verdict=Verdict.FAIL,
        expected=None,
        month=None,
        requests=None,
        errors=None,
        p99_ms=None,
        per_1k=None,
        trend=(),
    )
    return replace(made, **different)


def fleet(**different: Any) -> Fleet:  # noqa: ANN401 - any field may differ
    """Two models, one of which needs a person."""
    made = Fleet(
        workspace="acme",
        branch="main",
        head=commit(),
        synced=False,
        rows=(fleet_row(), unknown_row()),
        attention=(incident(),),
        freshness=Freshness("running", "process 4711 on host", NOON, None),
    )
    return replace(made, **different)


def timeline_entry(**different: Any) -> TimelineEntry:  # noqa: ANN401 - any field may differ
    """A live release that is dearer than the one before."""
    made = TimelineEntry(
        environment="prod",
        release="digits@0123456789ab",
        digest="d" * 64,
        commit=commit(),
        state="live",
        verdict=Verdict.PASS,
        since=NOON,
        until=None,
        returned=False,
        recovery_s=None,
        expected=usd("31.5"),
        cost=usd("0.25"),
        requests=1234,
        per_1k=usd("0.0042"),
        change=0.6,
        message="declared",
    )
    return replace(made, **different)


def component(**different: Any) -> CostComponent:  # noqa: ANN401 - any field may differ
    """Half a core for a month."""
    made = CostComponent(
        "cpu", Decimal("365.0"), "core-hour", Decimal("0.0425"), usd("15.5125"), "list price, 2026-11-01"
    )
    return replace(made, **different)


def finding(**different: Any) -> Finding:  # noqa: ANN401 - any field may differ
    """A field that nobody knows."""
    made = Finding("models/chat/model.yaml", 3, 5, "declare/unknown-field", "unknown field 'ownr'", "write owner")
    return replace(made, **different)


def plan(**different: Any) -> Plan:  # noqa: ANN401 - any field may differ
    """A new release of digits beside the old one, with a part that has no price."""
    parts = (component(), component(name="gpu", unit_price=None, monthly=None, source="no row for gpu H100"))
    made = Plan(
        commit=commit(),
        steps=(
            Step(Action.FETCH, "prod", "digits", "d" * 64, "digits@0123456789ab"),
            Step(Action.START, "prod", "digits", "d" * 64, "digits@0123456789ab", count=2, reason="new release"),
        ),
        expected=(Expected("prod", "digits", (component(),), parts),),
        findings=(finding(severity=Severity.WARNING),),
        verdict=Verdict.PASS,
    )
    return replace(made, **different)


NONE = Spread(0, None, None)
"""Of nothing nobody knows how long it takes."""


def delivery_metrics(environment: str = "prod", **different: Any) -> DeliveryMetrics:  # noqa: ANN401 - any figure
    """A month in production, with a few failures."""
    made = Performance(
        since=NOON - timedelta(days=30),
        until=NOON,
        measured_s=30 * 86_400.0,
        deployments=18,
        per_day=0.6,
        lead_time=Spread(18, 5_400.0, 432_000.0),
        unknown_lead=0,
        changes=20,
        failures=3,
        failure_rate=0.15,
        recovery=Spread(3, 42.0, None),
        unrecovered=0,
    )
    figures = replace(made, **different)
    return DeliveryMetrics(environment, "digits", figures, () if figures.per_day else ("deployment-frequency",))
