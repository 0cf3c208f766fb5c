"""Findings, errors, progress, figures and decisions, as people read them."""

from __future__ import annotations

import io
import json
from decimal import Decimal

import pytest

from fairlead.domain.finding import Severity, Verdict
from fairlead.domain.journal import Actor, Draft, chain
from fairlead.kernel.errors import ConflictError
from fairlead.kernel.money import Money
from fairlead.show.outputs.console import wants_colour
from fairlead.show.outputs.decisions import render_decision
from fairlead.show.outputs.errors import render_error
from fairlead.show.outputs.figures import change_text, latency_text, money_text, seconds_text
from fairlead.show.outputs.findings import render_findings, summary
from fairlead.show.outputs.progress import progress_on
from tests.unit.cli.values import ESCAPES, NOON, finding


class Terminal(io.StringIO):
    """A stream that says that it is a terminal."""

    def isatty(self) -> bool:
        """It is."""
        return True


def test_a_finding_is_clickable_and_says_the_mend() -> None:
    """`path:line:column severity rule: message`, sorted by place, the mend below."""
    later = finding(line=9, column=1, severity=Severity.WARNING, message="two\nlines", mend="")
    assert render_findings([later, finding()], colour=False).splitlines() == [
        "models/chat/model.yaml:3:5 error declare/unknown-field: unknown field 'ownr'",
        "    mend: write owner",
        "models/chat/model.yaml:9:1 warning declare/unknown-field: two",
        "    lines",
    ]


def test_a_finding_is_harmless() -> None:
    """A value from a file that stands in a message does nothing to the terminal."""
    assert "\x1b" not in render_findings([finding(message=ESCAPES, mend=ESCAPES, path=ESCAPES)], colour=False)


def test_findings_are_counted() -> None:
    """The verdict, and how many there are of each severity."""
    found = [finding(), finding(), finding(severity=Severity.INFO), finding(severity=Severity.INSUFFICIENT)]
    assert summary(found, Verdict.FAIL) == "fail: 2 errors, 1 insufficient, 1 note"
    assert summary([], Verdict.PASS) == "pass: no findings"


def test_an_error_says_what_where_and_the_mend() -> None:
    """For people on two lines, for programs as one line of JSON with the exit code."""
    error = ConflictError("the port is in use\x1b[2J", where="127.0.0.1:8700", mend="choose another with --port")
    assert render_error(error, as_json=False, colour=False).splitlines() == [
        "error: 127.0.0.1:8700: the port is in use\\x1b[2J",
        "  mend: choose another with --port",
    ]
    told = json.loads(render_error(error, as_json=True, colour=True))
    assert told["schema_version"] == 1
    assert told["exit_code"] == 2
    assert told["error"]["kind"] == "Conflict"
    assert told["error"]["mend"] == "choose another with --port"


def test_progress_is_a_bar_on_a_terminal() -> None:
    """It is redrawn ten times a second at most, always at the end, and taken away."""
    stream, moments = Terminal(), iter([0.0, 0.05, 0.2, 0.21])
    with progress_on(stream, 60, lambda: next(moments)) as progress:
        for done in (0, 1, 2, 4):
            progress(done, 4, "weights\x1b[2J.onnx")
    drawn = [part for part in stream.getvalue().split("\r\x1b[K") if part]
    assert drawn == [
        "[........................]   0% weights\\x1b[2J.onnx",
        "[############............]  50% weights\\x1b[2J.onnx",
        "[########################] 100% weights\\x1b[2J.onnx",
    ]
    assert stream.getvalue().endswith("\r\x1b[K")


def test_progress_is_quiet_in_a_pipe() -> None:
    """A log file gets no bar."""
    stream = io.StringIO()
    with progress_on(stream, 80, lambda: 0.0) as progress:
        progress(1, 2, "weights.onnx")
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("1240.5", "1,240.50 USD"), ("0.000412345", "0.000412 USD"), ("-3.2", "-3.20 USD"), ("0", "0 USD")],
)
def test_money_is_short_for_people(amount: str, shown: str) -> None:
    """Cents from one unit on, three significant digits below, never an exponent."""
    assert money_text(Money(Decimal(amount), "USD")) == shown


def test_unknown_is_not_zero() -> None:
    """What is not known has no text; zero has one."""
    assert money_text(None) is None
    assert latency_text(None) is None
    assert seconds_text(None) is None
    assert change_text(None) is None
    assert latency_text(0.0) == "0.0 ms"


def test_spans_and_changes() -> None:
    """Units that people use."""
    assert [latency_text(each) for each in (4.24, 240.4, 1500.0)] == ["4.2 ms", "240 ms", "1.5 s"]
    assert [seconds_text(each) for each in (0.84, 42.0, 185.0, 7440.0)] == ["0.8 s", "42 s", "3 min 5 s", "2 h 4 min"]
    assert [change_text(each) for each in (0.6, -0.25)] == ["+60 %", "-25 %"]


def test_a_decision_is_one_line() -> None:
    """Moment, kind, place, release, and why; harmless whatever the commit's subject holds."""
    body = {"message": "switched\nover", "subject": ESCAPES, "count": 3, "name": "digits@0123456789ab"}
    draft = Draft("deployment.live", Actor("Ada"), "prod", "digits", "d" * 64, "0123456789abcdef", body)
    line = render_decision(chain(1, NOON, draft, "0" * 64))
    assert line.startswith("2026-11-23 12:00:05Z deployment.live prod/digits digits@0123456789ab: switched over - harm")
    assert "\x1b" not in line


@pytest.mark.parametrize(
    ("stream", "environ", "wanted"),
    [
        (Terminal(), {}, True),
        (Terminal(), {"NO_COLOR": "1"}, False),
        (Terminal(), {"NO_COLOR": ""}, True),
        (Terminal(), {"TERM": "dumb"}, False),
        (io.StringIO(), {}, False),
    ],
)
def test_colour_is_for_terminals(stream: io.StringIO, environ: dict[str, str], wanted: bool) -> None:  # noqa: FBT001 - a case's column
    """Never in a pipe, and never where NO_COLOR says so."""
    assert wants_colour(stream, environ) is wanted
