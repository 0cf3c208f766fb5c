"""`fairlead ledger import`: bills become statements of their billing periods; what was wrong with them is told."""

from __future__ import annotations

from datetime import datetime

import click

from fairlead.show.cli.options import MOMENT, Where, examples, format_option, world_options
from fairlead.show.outputs.console import Console
from fairlead.show.outputs.json import to_json

__all__ = ["import_"]

_SCHEMAS = ("auto", "focus", "aws-cur", "azure-actual", "azure-amortized", "aws-cost-explorer", "opencost")
"""As `meter.bills.schemas` has them; a test compares the two."""


@click.command(
    "import",
    epilog=examples(
        "fairlead ledger import focus-2026-10.csv.gz --source aws",
        "fairlead ledger import exports/2026-10/ --source azure --schema azure-actual",
    ),
)
@click.argument("bills", nargs=-1, required=True, metavar="FILE_OR_DIR...")
@click.option("--source", required=True, metavar="NAME", help="Whose bill it is: a name of your choice, as aws.")
@click.option(
    "--schema", type=click.Choice(_SCHEMAS), default="auto", show_default=True, help="What the columns are called."
)
@click.option("--strict", is_flag=True, help="Refuse the whole import where any rule is broken.")
@click.option("--currency", default="", metavar="CODE", help="Currency of files that have no BillingCurrency.")
@click.option("--from", "since", type=MOMENT, metavar="DAY", help="First day of what is fetched from an address.")
@click.option("--to", "until", type=MOMENT, metavar="DAY", help="The day after the last of what is fetched.")
@world_options
@format_option
def import_(
    where: Where,
    console: Console,
    *,
    bills: tuple[str, ...],
    source: str,
    schema: str,
    strict: bool,
    currency: str,
    since: datetime | None,
    until: datetime | None,
) -> int:
    """Bring bills in: FOCUS 1.0 to 1.4 and others, as CSV, gzip, Parquet or JSON."""
    from fairlead.flows.ledger.import_result import ImportRequest
    from fairlead.flows.ledger.importing import import_bills
    from fairlead.show.outputs.import_tables import import_answer, import_view

    days = (None if moment is None else moment.date() for moment in (since, until))
    request = ImportRequest(source, schema, currency, strict, *days)
    with where.world() as world, console.progress() as progress:
        result = import_bills(world, bills, request, progress)
    if console.as_json:
        console.write(to_json(import_answer(result)))
    else:
        console.show(result, import_view)
    return result.exit_code
