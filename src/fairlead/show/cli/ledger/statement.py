"""`fairlead ledger statement`: what a team is shown for a month."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairlead.drivers.ledger.whole_file import whole_file
from fairlead.show.cli.options import Where, examples, world_options
from fairlead.show.outputs.console import Console, console_for
from fairlead.show.outputs.statement import statement_csv, statement_page, statement_tables

if TYPE_CHECKING:
    from fairlead.flows.ledger.statement import TeamStatement

__all__ = ["statement"]


@click.command(
    epilog=examples(
        "fairlead ledger statement 2026-10 --team search",
        "fairlead ledger statement 2026-10 --format html --out statements",
    )
)
@click.argument("period", metavar="YYYY-MM")
@click.option("--team", "teams", multiple=True, metavar="NAME", help="Only this team; repeatable.")
@click.option(
    "--basis",
    type=click.Choice(["billed", "effective", "contracted", "list"]),
    default="effective",
    show_default=True,
    help="Which cost.",
)
@click.option(
    "--out", type=click.Path(path_type=Path), metavar="PLACE", help="A file for csv; a folder for html, a file a team."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json", "csv", "html"]),
    default="table",
    show_default=True,
    help="Form of the answer.",
)
@world_options
def statement(where: Where, period: str, teams: tuple[str, ...], basis: str, out: Path | None, form: str) -> int:
    """Show a team what it is charged for a month: as a table, as CSV, as a page to print."""
    from fairlead.domain.ledger import Basis
    from fairlead.flows.ledger.statement import team_statements
    from fairlead.meter.ledger.question import month_span

    month_span(period)
    console = console_for(form if form == "json" else "table")
    with where.world() as world:
        world.repository.fetch()
        made = team_statements(world, period, teams, Basis(basis))
    if form == "html":
        _write_pages(out or Path(), made, console)
    elif form == "csv" and out is not None:
        with whole_file(out) as path:
            path.write_text(statement_csv(made), encoding="utf-8")
        console.note(f"written to {out}")
    elif form == "csv":
        console.write(statement_csv(made).rstrip("\n"))
    else:
        console.show(made, statement_tables, key="statements")
    return 0


def _write_pages(folder: Path, statements: Sequence[TeamStatement], console: Console) -> None:
    """One file for each, whole or not at all. What a file's name cannot hold is `_`, and names stay apart."""
    folder.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for each in statements:
        bare = "".join(letter if letter.isalnum() or letter in "-._" else "_" for letter in each.team)[:60]
        name = f"{bare}-{each.period}-{each.currency}"
        while name.casefold() in taken:
            name += "_"
        taken.add(name.casefold())
        with whole_file(folder / f"{name}.html") as path:
            path.write_text(statement_page(each), encoding="utf-8")
        console.note(f"written to {folder / name}.html")
