"""Answers of an engine as plain Python: Decimal, aware UTC moments, dict. No amount may have become a float."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from fairlead.kernel.errors import IntegrityError

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

__all__ = ["check_types", "plain_rows"]


def plain_rows(answer: pa.Table, question: ir.Table) -> list[dict[str, Any]]:
    """Rows by column name."""
    import pyarrow as pa

    check_types(answer.schema, question)
    columns = [
        [_plain(value, is_map=pa.types.is_map(column.type)) for value in column.to_pylist()]
        for column in answer.columns
    ]
    return [dict(zip(answer.column_names, row, strict=True)) for row in zip(*columns, strict=True)]


def check_types(schema: pa.Schema, question: ir.Table) -> None:
    """IntegrityError where an engine made a float of what the question says is decimal."""
    import pyarrow as pa

    for field, kind in zip(schema, question.schema().types, strict=True):
        if kind.is_decimal() and pa.types.is_floating(field.type):
            raise IntegrityError(f"column {field.name!r} lost its digits: the engine made a float of {kind}")


def _plain(value: object, *, is_map: bool) -> object:
    if is_map and value is not None:
        return dict(value)  # type: ignore[call-overload]
    if isinstance(value, datetime):
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return value
