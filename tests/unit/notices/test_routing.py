"""Which channels a notice takes, and which notices are one message."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.notification import Notifications
from fairlead.flows.notices.grouping import group, message_id, together
from fairlead.flows.notices.routing import channels_of
from tests.contract.notify.notices import AT, message, notice

CHANNELS = [{"name": name, "webhook": {"url": "https://example.com"}} for name in ("ops", "team", "audit")]


def declared(*routes: dict[str, Any]) -> Notifications:
    """Three channels with these routes."""
    return Notifications.model_validate({"channels": CHANNELS, "routes": list(routes)})


@pytest.mark.parametrize(
    ("routes", "expected"),
    [
        ([], ("ops", "team", "audit")),
        ([{"channels": ["team", "ops"]}, {"channels": ["ops"]}], ("ops", "team")),
        ([{"channels": ["ops"], "kinds": ["incident-opened"]}], ("ops",)),
        ([{"channels": ["ops"], "kinds": ["refused"]}], ()),
        ([{"channels": ["ops"], "owners": ["*@example.com"]}], ("ops",)),
        ([{"channels": ["ops"], "owners": ["nlp*"]}], ()),
        ([{"channels": ["ops"], "environments": ["prod"]}], ("ops",)),
        ([{"channels": ["ops"], "environments": ["dev"]}], ()),
        ([{"channels": ["ops"], "least": "critical"}], ("ops",)),
        ([{"channels": ["gone"]}], ()),
    ],
)
def test_every_route_that_matches_is_taken(routes: list[dict[str, Any]], expected: tuple[str, ...]) -> None:
    """Each channel once, in the order of declaration; without routes everything goes everywhere."""
    assert channels_of(notice(), declared(*routes)) == expected


def test_less_urgent_notices_stay_away() -> None:
    """`least` lets through what is as urgent or more."""
    route = declared({"channels": ["ops"], "least": "warning"})
    assert [bool(channels_of(notice(urgency=each), route)) for each in ("info", "warning", "critical")] == [
        False, True, True,
    ]  # fmt: skip


def test_what_is_about_the_workspace_reaches_routes_of_any_environment() -> None:
    """A repository that cannot be reached is of no environment and of no owner: `*` and no pattern take it."""
    whole = notice(environment="", model="", owner="")
    assert channels_of(whole, declared({"channels": ["ops"], "environments": ["dev"]})) == ("ops",)
    assert channels_of(whole, declared({"channels": ["ops"], "owners": ["*"]})) == ("ops",)
    assert channels_of(whole, declared({"channels": ["ops"], "owners": ["team*"]})) == ()


def test_a_group_is_whole_after_its_span() -> None:
    """What happens to one model within ten seconds is one message; other models and later notices are others."""
    span = timedelta(seconds=10)
    three = [
        notice(sequence=number, at=AT + timedelta(seconds=second), model=model)
        for number, second, model in ((1, 0, "a"), (2, 3, "b"), (3, 9, "a"), (4, 10, "a"))
    ]
    early = group(three, AT + timedelta(seconds=9), span)
    assert (early.whole, [each.sequence for each in early.rest]) == ((), [1, 3, 2, 4])
    then = group(three, AT + timedelta(seconds=10), span)
    assert [[each.sequence for each in one] for one in then.whole] == [[1, 3]]
    later = group(then.rest, AT + timedelta(seconds=20), span)
    assert [[each.sequence for each in one] for one in later.whole] == [[2], [4]]


def test_a_clock_that_was_set_back_keeps_nobody_waiting() -> None:
    """A notice of tomorrow is told now."""
    tomorrow = notice(at=AT + timedelta(days=1))
    assert group([tomorrow], AT, timedelta(seconds=10)).whole == ((tomorrow,),)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from("ab")), max_size=12),
    st.integers(0, 20),
    st.lists(st.integers(0, 90), max_size=5),
)
def test_looking_more_often_makes_no_other_messages(
    happened: list[tuple[int, str]], span: int, looks: list[int]
) -> None:
    """Every notice is in one message, and in the same one, however often and whenever it is looked."""
    ordered = sorted(happened)
    notices = [
        notice(sequence=number, record=f"{number:064}", at=AT + timedelta(seconds=second), model=model)
        for number, (second, model) in enumerate(ordered)
    ]
    length, end = timedelta(seconds=span), AT + timedelta(seconds=200)
    at_once = group(notices, end, length)
    assert at_once.rest == ()
    ids = set()
    waiting = list(notices)
    for look in [*sorted(look for look in looks if look > 60), 200]:
        whole, rest = group(waiting, AT + timedelta(seconds=look), length)
        ids |= {message_id(each) for each in whole}
        waiting = list(rest)
    assert ids == {message_id(each) for each in at_once.whole}
    assert sum(len(each) for each in at_once.whole) == len(notices)


def test_a_storm_is_one_message() -> None:
    """Ten models are ten messages; eleven are one, in the order of the journal, about no single model."""
    groups = [(notice(sequence=20 - number, model=f"m{number}"),) for number in range(11)]
    assert together(groups[:10]) == tuple(groups[:10])
    (one,) = together(groups)
    assert [each.sequence for each in one] == list(range(10, 21))
    assert message(*one).model == ""
    assert message(*groups[0]).model == "m0"


def test_an_id_is_of_its_records() -> None:
    """Other records, or the same numbers of another journal, have another id."""
    one, two = notice(record="a" * 64), notice(record="b" * 64)
    assert len({message_id(each) for each in ((one,), (two,), (one, two), (two, one))}) == 4
    assert message_id((one, two)) == message_id((one, two))
