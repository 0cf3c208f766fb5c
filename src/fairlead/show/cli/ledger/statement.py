"""`fairlead ledger statement`: what a team is shown for a month."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.show.cli.options import Where, examples, world_options
from fairlead.show.outputs.console import Console, console_for
from fairlead.show.outputs.statement import statement_csv, statement_page, statement_tables

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
    from fairlead.flows.ledger.closing import require_month
    from fairlead.flows.ledger.statement import team_statements

    require_month(period)
    console = console_for(form if form == "json" else "table")
    with where.world() as world:
        world.repository.fetch()
        made = team_statements(world, period, teams, Basis(basis))
    if form == "html":
        _write_pages(
            out or Path(),
            {f"{each.team}-{each.period}-{each.currency}": statement_page(each) for each in made},
            console,
        )
    elif form == "csv" and out is not None:
        out.write_text(statement_csv(made), encoding="utf-8")
        console.note(f"written to {out}")
    elif form == "csv":
        console.write(statement_csv(made).rstrip("\n"))
    else:
        console.show(made, statement_tables, key="statements")
    return 0


def _write_pages(folder: Path, pages: dict[str, str], console: Console) -> None:
    """One file a page. What a file's name cannot hold becomes `_`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        path = folder / f"{''.join(each if each.isalnum() or each in '-._' else '_' for each in name)}.html"
        path.write_text(text, encoding="utf-8")
        console.note(f"written to {path}")
