"""`fairlead schema`: the JSON Schemas of what people write, so that editors complete it."""

from __future__ import annotations

import click

from fairlead.show.cli.options import examples, format_option
from fairlead.show.outputs.console import Console
from fairlead.show.outputs.table import Column, Table

__all__ = ["schema"]

_COLUMNS = (Column("schema"), Column("of"), Column("address", priority=1))


@click.command(epilog=examples("fairlead schema", "fairlead schema model > model.schema.json"))
@click.argument("name", default="")
@format_option
def schema(console: Console, name: str) -> int:
    """Print the JSON Schemas of the declarations.

    Without a NAME they are listed; with one, the schema itself is printed, for an editor.
    """
    from fairlead.flows.schema import schema as schemas
    from fairlead.flows.schema import schema_text

    if name:
        console.write(schema_text(name).rstrip("\n"))
        return 0
    rows = [[each, str(text["description"]), str(text["$id"])] for each, text in schemas().items()]
    console.show(schemas(), lambda _: [Table(_COLUMNS, rows)])
    return 0
