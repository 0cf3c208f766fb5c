"""Rows of usage that Python has made, written to a Parquet file of the ledger's types, in pieces."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fairlead.domain.ledger_tables import USAGE_COLUMNS
from fairlead.kernel.errors import BrokenWorldError

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["write_rows"]

_PIECE = 20_000


def write_rows(path: Path, rows: Iterable[Any]) -> int:
    """Write rows that have the fields of USAGE_COLUMNS, and empty `refused` and `shown`; how many they were."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError as error:
        raise BrokenWorldError("the ledger needs pyarrow", mend="pip install 'fairlead[finops]'") from error
    schema = _schema()
    written = 0
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for piece in _pieces(rows):
            columns = {name: [getattr(row, name) for row in piece] for name in USAGE_COLUMNS}
            columns["labels"] = [sorted(each.items()) for each in columns["labels"]]
            nothing: list[None] = [None] * len(piece)
            writer.write_table(pa.table({**columns, "refused": nothing, "shown": nothing}, schema=schema))
            written += len(piece)
    return written


def _pieces(rows: Iterable[Any]) -> Iterator[list[Any]]:
    each = iter(rows)
    while piece := list(islice(each, _PIECE)):
        yield piece


def _schema() -> pa.Schema:
    import pyarrow as pa

    kinds = {
        "string": pa.string(),
        "timestamp": pa.timestamp("us", "UTC"),
        "bigint": pa.int64(),
        "decimal(38,9)": pa.decimal128(38, 9),
        "map<string,string>": pa.map_(pa.string(), pa.string()),
    }
    fields = [(name, kinds[kind]) for name, kind in USAGE_COLUMNS.items()]
    return pa.schema([*fields, ("refused", pa.int32()), ("shown", pa.string())])
