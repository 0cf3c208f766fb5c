"""One event over many series is one alert."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from fairlead.domain.anomaly import CostCause, CostEvent, CostKind, Deployed, Ending
from fairlead.foresee.cost_events.merging import joined, together
from fairlead.kernel.money import Money

FOUND = datetime(2026, 3, 10, 0, 35, tzinfo=UTC)


def merged(events: Iterable[CostEvent]) -> tuple[CostEvent, ...]:
    """One event for each change."""
    return tuple(joined(own) for own in together(events))


def event(model: str, **differs: object) -> CostEvent:
    """A price change of one model."""
    made = CostEvent(
        id=f"id-{model}",
        environment="prod",
        model=model,
        kind=CostKind.PRICE_CHANGE,
        began=FOUND - timedelta(minutes=5),
        found=FOUND,
        actual=Money(Decimal("1.4"), "EUR"),
        expected=Money(Decimal("1.0"), "EUR"),
        cause=None,
        origin=None,
        series=(f"price[environment=prod,model={model}]",),
        sentence=f"serving of prod/{model} costs 1.4 times as much since 2026-03-10 00:30 UTC: dearer",
    )
    return replace(made, **differs)  # type: ignore[arg-type]


def test_a_price_that_rises_for_all_models_is_one_alert() -> None:
    """Money adds up exactly, every series is named, and the models are the cause."""
    (one,) = merged([event("a"), event("b", began=FOUND - timedelta(minutes=9)), event("c")])
    assert (one.model, one.environment) == ("", "prod")
    assert one.cause == CostCause("model", ("a", "b", "c"), Decimal(1))
    assert one.stake == Money(Decimal("1.2"), "EUR")
    assert one.began == FOUND - timedelta(minutes=9)
    assert len(one.series) == 3
    assert one.sentence == (
        "3 models (prod/a, prod/b, prod/c) cost 1.4 times as much since 2026-03-10 00:26 UTC: dearer"
    )


def test_what_differs_stays_apart() -> None:
    """Another kind, window, currency, cause or commit is another alert; an event that ended is never joined."""
    region = CostCause("region", ("eu",), Decimal(1))
    commit = Deployed(FOUND, "prod", "f", "r", "abc", "Ann", "x")
    events = (
        event("a"),
        event("b", kind=CostKind.IDLE_GPU),
        event("c", found=FOUND + timedelta(minutes=5)),
        event("d", actual=Money(Decimal(2), "USD"), expected=Money(Decimal(1), "USD")),
        event("e", cause=region),
        event("f", origin=commit),
        event("g", ended=FOUND, ending=Ending.BACK),
        event("h", ended=FOUND, ending=Ending.BACK),
    )
    assert merged(events) == events


def test_the_order_of_events_does_not_name_the_alert() -> None:
    """The joined event's id is made of its events' ids, in whatever order they came."""
    assert merged([event("a"), event("b")])[0].id == merged([event("b"), event("a")])[0].id


def test_one_commit_or_one_region_joins_models() -> None:
    """Models that changed with one commit, or in one region, are joined, and the region stays the cause."""
    region = CostCause("region", ("eu",), Decimal("0.97"))
    (one,) = merged([event("a", cause=region), event("b", cause=replace(region, share=Decimal("1.02")))])
    assert one.cause == region
    commits = [event(model, origin=Deployed(FOUND, "prod", model, model, "abc", "Ann", "x")) for model in ("a", "b")]
    assert len(merged(commits)) == 1
