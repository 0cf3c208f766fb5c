"""What is known of a file before its rows are read: its columns, and which types they have, if it has any."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

__all__ = ["FileShape", "identifier", "literal", "raw_name"]

_TEXT = frozenset({"VARCHAR", "JSON", "UUID"})
_NESTED = ("MAP", "STRUCT")
_NULL_TEXT = "NULL"


@dataclass(frozen=True, slots=True)
class FileShape:
    """Columns in their order, with DuckDB's types; in a file without types (`typed` false) all are VARCHAR."""

    columns: Mapping[str, str]
    typed: bool

    def __contains__(self, column: object) -> bool:
        return column in self.columns

    def type_of(self, column: str) -> str:
        """A column's type, '' for a file without types."""
        return self.columns.get(column, "") if self.typed else ""

    def is_text(self, column: str) -> bool:
        """Whether the column holds text."""
        return self.columns.get(column, "VARCHAR") in _TEXT

    def texts(self, columns: Collection[str]) -> str:
        """SQL that selects these columns as text, and as they stood (`<column>:raw`), from a relation of the file.

        The four letters NULL are no value: many exports write them for one.
        """
        parts = []
        for column in columns:
            raw = self._text(column)
            parts += [f"nullif({raw}, '{_NULL_TEXT}') AS {identifier(column)}", f"{raw} AS {raw_name(column)}"]
        return ", ".join(parts)

    def _text(self, column: str) -> str:
        name = identifier(column)
        if self.is_text(column):
            return f"{name}::VARCHAR"
        nested = self.columns[column].startswith(_NESTED)
        return f"to_json({name})::VARCHAR" if nested else f"{name}::VARCHAR"


def raw_name(column: str) -> str:
    """Name of a column as it stood, quoted."""
    return identifier(f"{column}:raw")


def identifier(name: str) -> str:
    """A name, quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """A text, quoted for SQL."""
    return "'" + str(value).replace("'", "''") + "'"
