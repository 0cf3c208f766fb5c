"""`fairlead test`: a model, tried on its own; what was measured is written down as evidence."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from fairlead.domain.finding import Verdict
from fairlead.flows.trial import TrialResult
from fairlead.show.cli.options import Where, examples, format_option, workspace_option
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.figures import bytes_text, count_text
from fairlead.show.outputs.findings import render_findings, summary
from fairlead.show.outputs.table import Cell, Column, Table

__all__ = ["test", "trial_view"]

_TERMINATED = 143
_CHECKS = (Column("check"), Column("passed"), Column("detail", priority=1, wrap=30))
_MEASURES = (
    Column("measure"),
    Column("value", right=True),
    Column("samples", right=True, priority=1),
    Column("data", priority=2),
)
_GROUPS = (
    Column("measure"),
    Column("column"),
    Column("group"),
    Column("value", right=True),
    Column("samples", right=True, priority=1),
)


@click.command(epilog=examples("fairlead test credit", "fairlead test credit --sign ~/.ssh/id_ed25519"))
@click.argument("model")
@click.option("--sign", default="", metavar="KEY", help="SSH key to sign the evidence with.")
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder for the artifact and the server. Default: under XDG_STATE_HOME, by workspace and model.",
)
@workspace_option
@format_option
def test(where: Where, console: Console, model: str, sign: str, state: Path | None) -> int:
    """Try a model, and write its evidence.

    Serves the locked artifact on its own, asks what `tests` in model.yaml declares, and writes what was measured to
    models/MODEL/evidence.json. Commit it: it holds for these bytes, this data and these tests, and for no others.
    """
    from fairlead.bootstrap import open_bench
    from fairlead.domain.evidence import EVIDENCE_NAMESPACE
    from fairlead.drivers.ssh_key import sign_with
    from fairlead.flows.trial import try_model

    # Whoever ends this program politely ends the server with it.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(_TERMINATED))
    workspace = where.folder()
    signing = (lambda text: sign_with(sign, text, EVIDENCE_NAMESPACE).encode()) if sign else None
    with open_bench(workspace, model, state) as bench, console.progress() as progress:
        result = try_model(workspace, model, bench, sign=signing, progress=progress)
    console.show(result, lambda shown: trial_view(shown, colour=console.colour))
    console.note(_told(result))
    return 0 if result.verdict is Verdict.PASS else 1


def _told(result: TrialResult) -> str:
    written = f"; evidence in {result.path}{' (signed)' if result.signed else ''}" if result.path else ""
    return f"{summary(result.findings, result.verdict)}{written}"


def trial_view(result: TrialResult, *, colour: bool) -> Iterator[Block]:
    """Checks, measures and groups, and what is wrong."""
    if result.outcomes:
        yield Table(
            _CHECKS,
            [
                [each.name, Cell("yes", "good") if each.passed else Cell("no", "bad"), each.detail]
                for each in result.outcomes
            ],
        )
    if result.evidence is not None:
        yield Table(
            _MEASURES,
            [
                [each.name, _value(each.value, each.unit), count_text(each.samples), each.data]
                for each in result.evidence.measures
            ],
        )
    if result.evidence is not None and result.evidence.groups:
        yield Table(
            _GROUPS,
            [
                [each.name, each.attribute, each.group or "(compared)", _value(each.value), count_text(each.samples)]
                for each in result.evidence.groups
            ],
        )
    yield render_findings(result.findings, colour=colour)


def _value(value: object, unit: str = "") -> str:
    if unit == "B":
        return bytes_text(int(str(value)))
    return f"{value} {unit}" if unit else f"{float(str(value)):.4f}"
