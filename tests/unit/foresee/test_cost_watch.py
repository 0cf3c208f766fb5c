"""The watch over cost: what alarms, what does not, what an event says, and that its state can be saved anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from math import exp, pi, sin
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.domain.anomaly import CostEvent, CostKind, Deployed, Ending
from fairlead.domain.anomaly_text import event_json, read_event
from fairlead.foresee.cost_events.watch import CostWatch, WatchKnobs
from fairlead.foresee.cost_events.window import CostWindow, StageUse
from fairlead.kernel.windows import Window

START = datetime(2026, 3, 2, tzinfo=UTC)
STEP = timedelta(minutes=5)
PER_DAY = 288
WARM = 8 * PER_DAY
KNOBS = WatchKnobs(warm_up_days=7, accept_after_days=2)
Change = Callable[[int, dict[str, float]], None]


def window(step: int, change: Change | None = None) -> CostWindow:
    """A window of a quiet model with a day's shape; `change` bends the causes of its cost."""
    rng = Random(step)
    own = {
        "a": 600 * exp(0.3 * sin(2 * pi * step / PER_DAY) + rng.gauss(0, 0.02)),
        "b": 400.0,
        "tokens": 500.0,
        "work": exp(rng.gauss(0, 0.01)),
        "price": 0.001,
        "held": 1.0,
        "retries": 0.0,
        "training": 0.0,
    }
    if change:
        change(step, own)
    served = own["a"] + own["b"]
    used = served * own["tokens"] / 1000 * own["work"] * (1 + own["retries"])
    held = used * own["held"]
    cost = round(Decimal(held * own["price"]), 9)
    stages = {"serving": StageUse(cost, used, held)}
    if own["training"]:
        stages["training"] = StageUse(
            round(Decimal(own["training"] * own["price"]), 9), own["training"], own["training"]
        )
    return CostWindow(
        environment="prod",
        model="churn",
        start=START + step * STEP,
        currency="EUR",
        stages=stages,
        requests=int(served * (1 + own["retries"])),
        inferences=int(served),
        input_tokens=int(served * own["tokens"]),
        costs={
            "customer": {name: float(cost) * own[name] / served for name in ("a", "b")},
            "region": {"eu": float(cost) * 0.6, "us": float(cost) * 0.4},
        },
    )


@cache
def warm_state() -> str:
    """State of a watch after eight quiet days, as JSON."""
    watch = CostWatch(KNOBS)
    for step in range(WARM):
        assert watch.step(window(step)) is None
    return json.dumps(watch.saved())


def warm() -> CostWatch:
    """A watch after eight quiet days."""
    return CostWatch.resumed(json.loads(warm_state()), KNOBS)


def said(
    change: Change | None, steps: int = 24, deployed: tuple[Deployed, ...] = (), planned: tuple[Window, ...] = ()
) -> list[CostEvent]:
    """Events of the steps after the warm-up."""
    watch = warm()
    return [event for event in fed(watch, range(WARM, WARM + steps), change, deployed, planned) if event]


def fed(
    watch: CostWatch,
    steps: range,
    change: Change | None,
    deployed: tuple[Deployed, ...] = (),
    planned: tuple[Window, ...] = (),
) -> Iterator[CostEvent | None]:
    """What the watch answers to each step."""
    for step in steps:
        closed = window(step, change)
        yield watch.step(closed, [each for each in deployed if each.at < closed.end], planned)


def bent(since: int, **factors: float) -> Change:
    """Causes multiplied from a step on; `retries` and `training` are set."""

    def change(step: int, own: dict[str, float]) -> None:
        if step >= WARM + since:
            for name, factor in factors.items():
                own[name] = own[name] * factor if own[name] else factor

    return change


def released(step: float, factor: str | None = None, stage: str = "serving") -> Deployed:
    """A deployment, in steps after the warm-up."""
    at = START + (WARM + step) * STEP
    known = None if factor is None else Decimal(factor)
    return Deployed(at, "prod", "churn", "f" * 64, "abc123" + "0" * 34, "Ann", "batch size 1", known, stage)


@pytest.mark.parametrize(
    ("factors", "kind", "cause"),
    [
        ({"a": 3.0}, CostKind.TRAFFIC_SURGE, ("customer", ("a",))),
        ({"a": 2.0, "b": 2.0}, CostKind.TRAFFIC_SURGE, None),
        ({"price": 1.4}, CostKind.PRICE_CHANGE, None),
        ({"tokens": 2.0}, CostKind.TOKENS_PER_REQUEST, None),
        ({"work": 1.8}, CostKind.SERVING_CONFIGURATION, None),
        ({"held": 2.0}, CostKind.IDLE_GPU, None),
        ({"retries": 0.8}, CostKind.RETRY_STORM, None),
        ({"training": 2000.0}, CostKind.RUNAWAY_JOB, ("stage", ("training",))),
    ],
)
def test_each_kind_is_found_in_the_window_that_shows_it(
    factors: dict[str, float], kind: CostKind, cause: tuple[str, tuple[str, ...]] | None
) -> None:
    """One event per change, at the end of its first window, with its kind and with the dimension that explains it."""
    (event,) = said(bent(6, **factors))
    named = (event.cause.dimension, event.cause.values) if event.cause else None
    assert (event.kind, named) == (kind, cause)
    assert event.found == START + (WARM + 7) * STEP
    assert event.began == START + (WARM + 6) * STEP
    assert event.origin is None


def test_a_quiet_model_says_nothing() -> None:
    """Two days without a change are two days without an event."""
    assert said(None, 2 * PER_DAY) == []


def test_an_unexpected_rise_after_a_deployment_names_its_commit() -> None:
    """The event says what it costs, since when, why, and with whose commit it began; the money is exact."""
    (event,) = said(bent(6, work=1.8), deployed=(released(-400), released(5.5), released(30)))
    assert event.origin is not None
    assert (event.kind, event.origin.author) == (CostKind.SERVING_CONFIGURATION, "Ann")
    assert event.origin.at == START + (WARM + 5.5) * STEP
    assert event.sentence == (
        "serving of prod/churn costs 1.7 times as much since 2026-03-10 00:30 UTC: "
        "one replica answers 43 % fewer requests per second; began with commit abc1230000 by Ann, 'batch size 1'"
    )
    assert event.series[0] == "seconds_per_token[environment=prod,model=churn]"
    assert event.stake.amount == event.actual.amount - event.expected.amount > 0
    assert event.stake_per_month.amount == event.stake.amount * 730


def test_no_commit_is_named_for_what_customers_or_prices_did() -> None:
    """A deployment at the very moment is innocent of a customer's surge and of a price."""
    deployed = (released(5.9),)
    events = [said(bent(6, **factors), deployed=deployed) for factors in ({"a": 3.0}, {"price": 1.4})]
    assert [(event.kind.value, event.origin) for (event,) in events] == [
        ("traffic-surge", None),
        ("price-change", None),
    ]


def test_more_machines_by_a_commit_are_a_configuration() -> None:
    """Held machines that nobody deployed are idle; those that a commit asked for are its configuration."""
    (event,) = said(bent(6, held=2.0), deployed=(released(5.5),))
    assert event.kind is CostKind.SERVING_CONFIGURATION


def test_a_release_as_dear_as_predicted_does_not_alarm() -> None:
    """The gate had said 1.5 times: so it is, and the new level is learnt; a further rise alarms."""
    deployed = (released(5.5, "1.5"),)
    assert said(bent(6, work=1.5), PER_DAY, deployed) == []

    def twice(step: int, own: dict[str, float]) -> None:
        bent(6, work=1.5)(step, own)
        bent(100, work=1.5)(step, own)

    (event,) = said(twice, 130, deployed)
    assert event.began == START + (WARM + 100) * STEP


def test_a_release_much_dearer_than_predicted_alarms() -> None:
    """A prediction excuses what it predicted, not twice of that."""
    (event,) = said(bent(6, work=2.5), deployed=(released(5.5, "1.3"),))
    assert event.kind is CostKind.SERVING_CONFIGURATION


def test_starting_a_release_is_no_event() -> None:
    """Two windows of double work while a release starts up are its start-up."""

    def start_up(step: int, own: dict[str, float]) -> None:
        own["work"] *= 2 if step - WARM in {6, 7} else 1

    assert said(start_up, 24, (released(6.1),)) == []


def test_planned_load_is_silent_and_a_price_is_not() -> None:
    """More traffic in a declared span is planned; a price that rises in it is nobody's plan."""
    span = Window(START + (WARM + 5) * STEP, START + (WARM + 40) * STEP)

    def launch(step: int, own: dict[str, float]) -> None:
        own["a"] *= 3 if WARM + 5 <= step < WARM + 40 else 1

    assert said(launch, 80, planned=(span,)) == []

    def dearer(step: int, own: dict[str, float]) -> None:
        launch(step, own)
        own["price"] *= 1.4 if step >= WARM + 20 else 1

    assert [event.kind for event in said(dearer, 80, planned=(span,))] == [CostKind.PRICE_CHANGE]


def test_a_change_that_goes_on_is_one_event_until_it_is_back() -> None:
    """It is told when it begins and when it ended, with one id; nothing in between and nothing after."""

    def for_a_while(step: int, own: dict[str, float]) -> None:
        own["tokens"] *= 2 if WARM + 6 <= step < WARM + 60 else 1

    begun, ended = said(for_a_while, PER_DAY)
    assert begun.id == ended.id
    assert (begun.ended, ended.ending) == (None, Ending.BACK)
    assert ended.ended is not None
    assert timedelta(0) <= ended.ended - (START + (WARM + 60) * STEP) <= timedelta(minutes=30)


@pytest.mark.parametrize(
    ("first", "second", "deployed", "told"),
    [
        ({"work": 1.5}, {"a": 5.0}, (released(5.5),), ("customer", None)),
        ({"a": 3.0}, {"work": 2.5}, (released(9.5),), (None, "abc123" + "0" * 34)),
    ],
)
def test_a_second_change_within_the_hour_is_told_too(
    first: dict[str, float],
    second: dict[str, float],
    deployed: tuple[Deployed, ...],
    told: tuple[str | None, str | None],
) -> None:
    """A customer's surge after a dear release, a dear release after a surge: each has a cause of its own."""

    def both(step: int, own: dict[str, float]) -> None:
        bent(6, **first)(step, own)
        bent(10, **second)(step, own)

    before, after = said(both, 24, deployed)
    assert before.began < after.began == START + (WARM + 10) * STEP
    assert (after.cause.dimension if after.cause else None, after.origin.commit if after.origin else None) == told


@pytest.mark.parametrize(
    ("step", "factors", "deployed"), [(9, {"held": 1.6}, ()), (12, {"work": 1.15}, (released(11.5),))]
)
def test_what_follows_from_a_change_is_not_told_again(
    step: int, factors: dict[str, float], deployed: tuple[Deployed, ...]
) -> None:
    """Machines that follow the load late, and a small release on top of a large surge, belong to the surge."""

    def followed(at: int, own: dict[str, float]) -> None:
        bent(6, a=3.0)(at, own)
        bent(step, **factors)(at, own)

    assert [event.kind for event in said(followed, 24, deployed)] == [CostKind.TRAFFIC_SURGE]


def test_a_change_that_stays_becomes_the_level() -> None:
    """After two days, as set, it is accepted; what comes on top of it alarms again."""

    def stays(step: int, own: dict[str, float]) -> None:
        bent(6, price=1.4)(step, own)
        bent(700, price=1.4)(step, own)

    first, ended, second = said(stays, 720)
    assert (first.id, ended.ending) == (ended.id, Ending.ACCEPTED)
    assert second.began == START + (WARM + 700) * STEP


def test_an_owner_may_accept_a_change_at_once() -> None:
    """What was expected is the level from then on, and an unknown id is nobody's."""
    watch = warm()
    (event,) = [each for each in fed(watch, range(WARM, WARM + 20), bent(6, price=1.4)) if each]
    assert watch.open == (event,)
    assert watch.accept("no such id", event.found) is None
    ended = watch.accept(event.id, event.found)
    assert ended == replace(event, ended=event.found, ending=Ending.ACCEPTED)
    assert not any(fed(watch, range(WARM + 20, WARM + 80), bent(6, price=1.4)))


def test_too_little_money_does_not_alarm() -> None:
    """Below the least stake per hour nothing is said."""
    (event,) = said(bent(6, price=1.4))
    for stake, count in ((event.stake.amount * 2, 0), (event.stake.amount / 2, 1)):
        watch = CostWatch.resumed(json.loads(warm_state()), replace(KNOBS, least_stake=stake))
        assert len([each for each in fed(watch, range(WARM, WARM + 24), bent(6, price=1.4)) if each]) == count


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 40), st.sampled_from([{"a": 3.0}, {"price": 1.4}, {"training": 2000.0}, {"work": 1.6}]))
def test_a_resumed_watch_goes_on_as_if_never_interrupted(cut: int, factors: dict[str, float]) -> None:
    """State saved as JSON after any window gives the same answers and the same state as no interruption."""
    change, deployed = bent(6, **factors), (released(5.5), released(20, "1.2"))
    whole, parted = warm(), warm()
    answers = list(fed(whole, range(WARM, WARM + 50), change, deployed))
    first = list(fed(parted, range(WARM, WARM + cut), change, deployed))
    resumed = CostWatch.resumed(json.loads(json.dumps(parted.saved())), KNOBS)
    repeated = range(max(WARM + cut - 3, WARM), WARM + 50)  # a feed may repeat what was seen
    again = list(fed(resumed, repeated, change, deployed))
    assert first + again[WARM + cut - repeated.start :] == answers
    assert json.dumps(resumed.saved()) == json.dumps(whole.saved())


def test_memory_is_flat() -> None:
    """The state of a watch does not grow with the windows that it saw."""
    watch = warm()
    size = len(json.dumps(watch.saved()))
    list(fed(watch, range(WARM, WARM + 2 * PER_DAY), None))
    assert len(json.dumps(watch.saved())) < 1.2 * size


def test_an_event_survives_its_text() -> None:
    """JSON of an event reads back as the same event, ended or not."""
    (event,) = said(bent(6, a=3.0))
    ended = replace(event, ended=event.found, ending=Ending.BACK, origin=released(5, "1.5"))
    for each in (event, ended):
        assert read_event(json.loads(json.dumps(event_json(each)))) == each


def test_windows_of_another_length_begin_anew() -> None:
    """What was learnt of five minutes says nothing of one: the watch warms up again, and alarms for nothing."""
    watch = warm()
    short = [replace(window(WARM + step, bent(0, price=9.0)), seconds=60) for step in range(30)]
    assert not any(watch.step(each) for each in short)


def test_a_disguised_model_gets_the_same_answers() -> None:
    """Other money, another time, other names: the same kind at the same moment, the same commit, money to scale."""
    shift, scale = timedelta(days=65), Decimal("3.7")

    def disguised(closed: CostWindow) -> CostWindow:
        serving = closed.stages["serving"]
        return replace(
            closed,
            model="other",
            start=closed.start + shift,
            stages={"serving": replace(serving, cost=serving.cost * scale)},
            costs={
                name: {f"x{value}": cost * float(scale) for value, cost in row.items()}
                for name, row in closed.costs.items()
            },
        )

    change, watch = bent(6, a=3.0), CostWatch(KNOBS)
    steps = [watch.step(disguised(window(step, change))) for step in range(WARM + 24)]
    (event,), (plain,) = [each for each in steps if each], said(change)
    assert (event.kind, event.began - shift, event.found - shift) == (plain.kind, plain.began, plain.found)
    assert event.cause is not None
    assert (event.cause.dimension, event.cause.values) == ("customer", ("xa",))
    assert event.stake.amount == pytest.approx(plain.stake.amount * scale, rel=Decimal("1e-6"))


def test_a_model_that_answers_nothing_may_waste_machines() -> None:
    """No inferences, no tokens: held machines that double are told; without a price nothing can be."""

    def idle(step: int, price: str) -> CostWindow:
        held = 3000.0 if step < WARM + 6 else 6000.0
        use = StageUse(Decimal(price) * int(held), 30.0, held)
        return CostWindow("dev", "notes", START + step * STEP, "EUR", {"serving": use})

    for price, kinds in (("0.001", ["idle-gpu"]), ("0", [])):
        watch = CostWatch(KNOBS)
        events = [watch.step(idle(step, price)) for step in range(WARM + 24)]
        assert [event.kind.value for event in events if event] == kinds
