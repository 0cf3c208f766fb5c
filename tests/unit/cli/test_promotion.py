"""What a person is told of a promotion: what stands between, what was written and where."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fairlead.domain.finding import Severity
from fairlead.flows.promote import PromotionResult
from fairlead.flows.promotion_standing import Station
from fairlead.show.cli.promote import promotion_view, standing_view
from fairlead.show.outputs.console import Block, Console
from tests.unit.cli.values import ESCAPES, NOON, finding

SOAK = finding(
    path="models/digits/model.yaml",
    line=0,
    column=0,
    rule="promote/soak",
    message="digits@4f2a9c1b7d3e runs in dev for 20m of 1h",
    mend="wait for 40m",
    severity=Severity.INSUFFICIENT,
)
STATION = Station(
    "dev", "digits@4f2a9c1b7d3e", "n" * 64, NOON, "", "prod",
    (SOAK,), timedelta(minutes=40), 2, ("bob@example.com",), NOON,
)  # fmt: skip
RESULT = PromotionResult(
    "digits", "digits@4f2a9c1b7d3e", "dev", "prod", "pushed", commit="89abcdef0123" * 3 + "4567", branch="main"
)


def shown(blocks: Iterator[Block]) -> str:
    """What is written at 120 columns."""
    out = io.StringIO()
    Console(out, io.StringIO(), 120, colour=False, as_json=False).show(None, lambda _: blocks)
    return out.getvalue()


def test_what_stands_between_is_told_with_what_waits_behind() -> None:
    """Findings with their mend, then approvals and the window of the next environment."""
    assert shown(standing_view(STATION, NOON - timedelta(hours=1), colour=False)).splitlines() == [
        "models/digits/model.yaml insufficient promote/soak: digits@4f2a9c1b7d3e runs in dev for 20m of 1h",
        "    mend: wait for 40m",
        "",
        "  approvals in prod: 1 of 2 given (bob@example.com)",
        "  promotion window: 2026-11-23 12:00:05Z",
    ]


@pytest.mark.parametrize(("given", "told"), [(None, "2 needed"), ((), "0 of 2 given")])
def test_approvals_that_nobody_knows_of_are_not_counted(given: tuple[str, ...] | None, told: str) -> None:
    """What was not asked for is not told as zero."""
    assert f"  approvals in prod: {told}\n" in shown(standing_view(replace(STATION, given=given), NOON, colour=False))


def test_an_open_way_is_said() -> None:
    """Nothing stands between: the release is named, and a window that never opens is."""
    text = shown(standing_view(replace(STATION, between=(), approvals=0, opens=None), NOON, colour=False))
    assert text.startswith("digits@4f2a9c1b7d3e may move on from dev to prod\n")
    assert "promotion window: never open" in text
    assert "approvals" not in text


@pytest.mark.parametrize("later", [timedelta(0), timedelta(milliseconds=3)])
def test_an_open_window_is_told_as_open(later: timedelta) -> None:
    """Also where none is declared: this moment is no opening that a person waits for."""
    assert "  promotion window: open\n" in shown(standing_view(STATION, NOON + later, colour=False))


@pytest.mark.parametrize(
    ("different", "told"),
    [
        ({}, "from dev to prod: pushed, commit 89abcdef0123 on main"),
        ({"kind": "committed"}, "committed, commit 89abcdef0123 on main"),
        ({"kind": "proposed", "pull_request": "https://git.example/pull/7"}, "on https://git.example/pull/7"),
        (
            {"kind": "branch", "branch": "fairlead/promote-digits"},
            "pushed to a branch, commit 89abcdef0123 on fairlead/",
        ),
        ({"kind": "refused", "commit": "", "findings": (SOAK,)}, "not promoted, this stands between"),
        ({"kind": "failed", "commit": ""}, "not promoted"),
    ],
)
def test_what_became_of_it_is_one_line(different: dict[str, Any], told: str) -> None:
    """Where the commit is, or that there is none."""
    assert told in shown(promotion_view(replace(RESULT, **different), colour=False))


def test_hostile_text_does_nothing() -> None:
    """A release, an environment or an address reaches no terminal as an escape."""
    hostile = replace(RESULT, release=ESCAPES, before=ESCAPES, pull_request=ESCAPES)
    text = shown(promotion_view(hostile, colour=False))
    assert "owned" in text
    assert "\x1b" not in text
