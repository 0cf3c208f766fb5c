"""`fairlead ledger validate`: does a file conform to FOCUS, rule by rule?"""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.show.cli.options import examples, format_option
from fairlead.show.outputs.conformance_tables import conformance_view
from fairlead.show.outputs.console import Console

__all__ = ["validate"]

_VERSIONS = ("auto", "1.0", "1.1", "1.2", "1.3", "1.4")


@click.command(
    epilog=examples(
        "fairlead ledger validate bill.csv",
        "fairlead ledger validate bill.parquet --focus 1.2 --applicability all --format json",
    )
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--focus",
    "version",
    type=click.Choice(_VERSIONS),
    default="auto",
    show_default=True,
    help="Version of FOCUS; auto takes the one that the file's columns speak of.",
)
@click.option(
    "--applicability",
    multiple=True,
    metavar="NAME",
    help="What the provider supports, so that its rules apply; repeatable; all for everything.",
)
@format_option
def validate(console: Console, file: Path, version: str, applicability: tuple[str, ...]) -> int:
    """Judge a bill by the rules of FOCUS.

    The file is read as it stands and nothing is kept. 1.2 is judged by all rules of its requirements model, the other
    versions by what is re-stated of them; a rule that no data can show is said to be not checked, and counts for
    nothing. Exit 0 if the file conforms.
    """
    from fairlead.flows.ledger.validate import validate_file
    from fairlead.meter.conformance.report import FileVerdict

    with console.progress() as progress:
        report = validate_file(file, version, applicability, progress)
    console.show(report, conformance_view)
    return 0 if report.verdict is FileVerdict.CONFORMS else 1
