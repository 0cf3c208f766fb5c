"""How answers look at 60, 100 and 160 columns: the files in `golden/` are what a person sees."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fairlead.domain.finding import Verdict
from fairlead.show.cli.audit import audit_view
from fairlead.show.cli.check import check_view
from fairlead.show.cli.cost import cost_view
from fairlead.show.cli.history import metrics_view, timeline_view
from fairlead.show.cli.init import init_view
from fairlead.show.cli.lock import lock_view
from fairlead.show.cli.logs import logs_view
from fairlead.show.cli.plan import plan_view
from fairlead.show.cli.status import fleet_view
from fairlead.show.cli.verify import verify_view
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.text import columns
from tests.unit.cli.reports import (
    audit_report,
    cost_answer,
    cost_row,
    init_result,
    lock_result,
    log_line,
    verify_result,
)
from tests.unit.cli.values import (
    ESCAPES,
    NONE,
    NOON,
    commit,
    delivery_metrics,
    finding,
    fleet,
    fleet_row,
    incident,
    plan,
    timeline_entry,
)
from tests.unit.outputs.samples import hostile_report
from tests.unit.outputs.samples import report as check_report

GOLDEN = Path(__file__).parent / "golden"
ANSWERS: dict[str, tuple[Any, Callable[[Any], Iterable[Block]]]] = {
    "status": (fleet(), fleet_view),
    "history": (
        (
            timeline_entry(),
            timeline_entry(
                state="ended", returned=True, release="digits@89abcdef0123", change=None, recovery_s=42.0, per_1k=None
            ),
            timeline_entry(state="refused", release="", since=None, verdict=Verdict.FAIL, change=None, cost=None),
        ),
        timeline_view,
    ),
    "metrics": (
        (
            delivery_metrics(environment="dev"),
            delivery_metrics(),
            delivery_metrics(environment="new", per_day=None, failure_rate=None, lead_time=NONE, recovery=NONE),
        ),
        metrics_view,
    ),
    "check": (check_report(), partial(check_view, colour=False)),
    "plan": (plan(), partial(plan_view, colour=False)),
    "cost": (cost_answer(), cost_view),
    "lock": (lock_result(), partial(lock_view, colour=False)),
    "verify": (verify_result(), partial(verify_view, colour=False)),
    "audit": (audit_report(), partial(audit_view, colour=False)),
    "init": (init_result(), init_view),
    "logs": (
        (log_line(), log_line(level="error", text="a crash\n  at line 3", request="")),
        partial(logs_view, colour=False),
    ),
}


def shown(answer: Any, view: Callable[[Any], Iterable[Block]], width: int) -> str:  # noqa: ANN401 - any answer
    """What a command writes at a width."""
    out = io.StringIO()
    Console(out, io.StringIO(), width, colour=False, as_json=False).show(answer, view)
    return out.getvalue()


@pytest.mark.parametrize("width", [60, 100, 160])
@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_looks_like_this(name: str, width: int) -> None:
    """Tables keep to the width, and lose what matters least first."""
    text = shown(*ANSWERS[name], width)
    assert text == (GOLDEN / f"{name}-{width}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ANSWERS)
def test_hostile_text_does_nothing(name: str) -> None:
    """An escape sequence in a commit's subject, an author or a message reaches no terminal."""
    hostile = commit(subject=ESCAPES, author=ESCAPES)
    answers: dict[str, Any] = {
        "status": fleet(
            head=hostile, attention=(incident(message=ESCAPES, mend=ESCAPES),), rows=(fleet_row(owner=ESCAPES),)
        ),
        "history": (timeline_entry(commit=hostile, message=ESCAPES),),
        "metrics": (delivery_metrics(environment=ESCAPES),),
        "check": hostile_report(),
        "plan": plan(commit=hostile, findings=(finding(message=ESCAPES),)),
        "cost": cost_answer(rows=(cost_row(key={"customer": ESCAPES}),)),
        "lock": lock_result(findings=(finding(path=ESCAPES),)),
        "verify": verify_result(findings=(finding(mend=ESCAPES),)),
        "audit": audit_report(findings=(finding(message=ESCAPES),)),
        "init": init_result(kept=(ESCAPES,)),
        "logs": (log_line(text=ESCAPES, request=ESCAPES),),
    }
    text = shown(answers[name], ANSWERS[name][1], 160)
    assert "owned" in text
    assert not any(ord(each) in range(0x7F, 0xA0) or (ord(each) < 32 and each != "\n") for each in text)


def test_an_empty_fleet_says_what_fills_it() -> None:
    """A workspace without models, commits and usage says so, and shows no zero."""
    text = shown(fleet(rows=(), attention=(), head=None, synced=True), fleet_view, 80)
    assert "no commit yet" in text
    assert "nothing metered yet" in text
    assert "No model is declared" in text


def test_a_suspended_model_is_shown_as_such() -> None:
    """A model that does not follow Git cannot be taken for one that does."""
    assert " suspended " in shown(fleet(rows=(fleet_row(suspended_until=NOON),)), fleet_view, 160)


def test_lines_keep_to_the_width_where_they_can() -> None:
    """At 60 columns every row of the status table fits."""
    table = shown(fleet(), fleet_view, 60).split("\n\n")[1]
    assert max(columns(line) for line in table.splitlines()) <= 60
