"""How rollouts look on a terminal and in a pipe, and what programs read of them."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fairlead.domain.rollout import Exposure, Pause, Phase
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.json import to_json
from fairlead.show.outputs.rollout_form import rollout_form, stop_share
from fairlead.show.outputs.rollout_tables import (
    minutes_text,
    outlook_text,
    rollout_change,
    rollout_line,
    rollout_list,
    rollout_view,
)
from fairlead.show.outputs.text import columns
from tests.unit.cli.rollouts import metric, outlook, taken_back, view
from tests.unit.cli.values import ESCAPES, NOON

GOLDEN = Path(__file__).parent / "golden"
REASON = taken_back().told
ABORTED = {
    "phase": Phase.ABORTED,
    "reason": REASON,
    "metric": "error-rate",
    "shares": (("digits@0123456789ab", 100),),
    "refused": taken_back(),
}


def shown(answer: Any, render: Callable[[Any], Iterable[Block]], width: int) -> str:  # noqa: ANN401 - any answer
    """What a command writes at a width."""
    out = io.StringIO()
    Console(out, io.StringIO(), width, colour=False, as_json=False).show(answer, render)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 160])
@pytest.mark.parametrize("name", ["rollout", "rollout-aborted", "rollout-list"])
def test_a_rollout_looks_like_this(name: str, width: int) -> None:
    """Where it stands, each measure on the way to its verdict, and what became of it."""
    answers: dict[str, tuple[Any, Callable[[Any], Iterable[Block]]]] = {
        "rollout": (view(waiting="the promotion window is closed"), lambda each: rollout_view(each, outlook())),
        "rollout-aborted": (view(**ABORTED), rollout_view),
        "rollout-list": ((view(), view(**ABORTED)), rollout_list),
    }
    assert shown(*answers[name], width) == (GOLDEN / f"{name}-{width}.txt").read_text(encoding="utf-8")


def test_at_80_columns_nothing_is_wider() -> None:
    """A terminal of 80 columns shows every measure with its verdict and what a stop lacks."""
    text = shown(view(**ABORTED), rollout_view, 80)
    assert max(columns(line) for line in text.splitlines()) <= 80
    assert "to a stop" in text
    assert "cost-per-inference" in text


def test_in_a_pipe_every_column_is_there() -> None:
    """A program that reads the table gets values and differences as well."""
    text = shown(view(), rollout_view, 1_000_000)
    assert "in a wider terminal" not in text
    assert "1.25 %" in text
    assert "+0.73 [-0.1, +1.6] pts" in text
    assert "5.2 ms" in text


def test_a_line_says_what_a_person_would_act_on() -> None:
    """Phase, step, share, verdicts and waiting; not the count of requests, lest every look is told."""
    line = rollout_line(view(waiting="the promotion window is closed"))
    assert line == (
        "2026-11-23 12:00:05Z prod/digits digits@4f2a9c1b7d3e: stepping, step 1 of 2, 20 % "
        "(error-rate insufficient, latency not-worse, cost-per-inference insufficient) (the promotion window is closed)"
    )
    assert rollout_change(view()) == rollout_change(view(exposure=Exposure(9_999, 10)))
    assert rollout_line(view(**ABORTED)).endswith(f"({REASON})")


@pytest.mark.parametrize(
    ("different", "told"),
    [
        ({"phase": Phase.PREPARING}, "waits: until its servers answer"),
        ({"phase": Phase.CHECKING}, "waits: for its smoke and load checks"),
        ({}, "waits: for the verdict\n"),
        ({"since": NOON + timedelta(seconds=5)}, "waits: for the verdict, at least until 2026-11-23 12:00:10Z"),
        ({"phase": Phase.RETAINING}, "waits: until 2026-11-23 12:00:05Z, then the old servers stop"),
    ],
)
def test_what_it_waits_for_is_always_said(different: dict[str, Any], told: str) -> None:
    """Also where nothing but its phase holds it."""
    assert told in shown(view(**different), rollout_view, 120)


def test_servers_that_are_watched_at_rest_are_no_secret() -> None:
    """They answer and the rollout is not ready: wherever it is told, so is why."""
    watched = view(phase=Phase.PREPARING, ready=False, finding=None, resting="its servers are watched at rest")
    assert "waits: its servers are watched at rest\n" in shown(watched, rollout_view, 120)
    assert rollout_line(watched).endswith("(its servers are watched at rest)")
    assert rollout_form(watched)["waiting"] == "its servers are watched at rest"


def test_a_paused_rollout_is_shown_as_such() -> None:
    """Nobody waits for what a person holds."""
    paused = view(pause=Pause("Ada", "we look first", NOON), waiting="paused by Ada: we look first")
    assert "paused, stepping, step 1 of 2" in shown(paused, rollout_view, 120)
    assert " paused " in shown((paused,), rollout_list, 120)


def test_hostile_text_does_nothing() -> None:
    """What a reason, a model or a metric is called reaches no terminal as an escape."""
    hostile = view(waiting=ESCAPES, model=ESCAPES, environment=ESCAPES)
    for text in (shown(hostile, rollout_view, 160), shown((hostile,), rollout_list, 160), rollout_line(hostile)):
        assert "owned" in text
        assert "\x1b" not in text


def test_nothing_yet_says_how_to_begin() -> None:
    """A workspace without rollouts is told where they are declared."""
    assert "release.strategy" in shown((), rollout_list, 80)


def test_what_a_stop_takes_is_whole_at_its_threshold() -> None:
    """1 is log(1/alpha), where a rollout is stopped; evidence for the new release is none against it."""
    assert stop_share(metric(evidence=3.5065578973199817)) == pytest.approx(1)
    assert stop_share(metric(evidence=-4.0)) == 0


def test_json_holds_all_that_is_known() -> None:
    """Numbers stay exact, moments and spans have their one form, and what is not known is null."""
    told = json.loads(to_json([rollout_form(view(**ABORTED), outlook())], key="rollouts"))
    (one,) = told["rollouts"]
    assert (told["schema_version"], one["phase"], one["steps"]) == (1, "aborted", [20, 50])
    assert one["metrics"][0]["margin"] == "0.005"
    assert one["metrics"][2]["estimate"] is None
    assert one["taken_back"]["outcome"] == "reverted by commit 89abcdef0123"
    assert one["outlook"]["longest"] == 86_400
    assert json.loads(to_json(rollout_form(view(finding=None))))["verdict"] is None


def test_the_outlook_is_one_sentence_and_its_ground() -> None:
    """How long, at which traffic, what is assumed; and the end without a verdict."""
    assert outlook_text(outlook()).splitlines() == [
        (
            "digits in prod: this canary needs 19 h at your traffic until a good release passes, "
            "one of ten longer than 41 h; without a verdict it is aborted after 24 h"
        ),
        "  30 requests per minute, 5 % of them to the new release; error rate 0.5 % (assumed), margin 0.5 points",
    ]
    never = outlook_text(outlook(pass_minutes=None, pass_minutes_p90=None, assumed=False))
    assert "longer than can be told at your traffic" in never
    assert "(measured)" in never


def test_an_outlook_is_too_long_where_one_of_ten_would_be_aborted() -> None:
    """By the 90th percentile against `longest`; what cannot be told counts as too long."""
    assert outlook().too_long
    assert not outlook(longest=timedelta(days=2)).too_long
    assert outlook(pass_minutes_p90=None).too_long


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(0.36, "22 s"), (1.99, "119 s"), (2, "2 min"), (24.2, "24 min"), (1140, "19 h"), (144, "2.4 h"), (30145, "21 d")],
)
def test_a_time_is_told_as_exactly_as_it_is_known(minutes: float, text: str) -> None:
    """Two digits, in the unit that people would use."""
    assert minutes_text(minutes) == text
