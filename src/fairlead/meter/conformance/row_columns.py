"""Columns of one row of a file in SQL (DuckDB): as text, as a number, and which of them hold no value but its sign."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fairlead.meter.conformance import formats
from fairlead.meter.conformance.shape import FileShape, identifier, literal, raw_name

__all__ = ["RowColumns", "listed"]


_SPEAKING = frozenset({"HostProviderName"})
"""Columns in which FOCUS itself writes `Not Applicable`."""


@dataclass(frozen=True, slots=True)
class RowColumns:
    """`names` are the columns of FOCUS that the file has, `never_null` those of them that no row may leave empty."""

    shape: FileShape
    names: tuple[str, ...]
    never_null: tuple[str, ...] = ()

    def text(self, name: str) -> str:
        """The column as text; one that the file does not have is null."""
        return identifier(name) if name in self.shape else "NULL::VARCHAR"

    def number(self, name: str) -> str:
        """The column as a number; null where it is none. A double: what others wrote is compared, nothing is summed."""
        return f"try_cast({self.text(name)} AS DOUBLE)"

    def placeholders(self) -> str:
        """List of the columns in which a text stands for no value."""
        wrong = f"lower(trim({{0}})) IN ({listed(formats.PLACEHOLDERS)}) OR {{0}} = ''"
        return self._where((name for name in self.names if name not in _SPEAKING), wrong)

    def blanks(self) -> str:
        """List of the columns that may not be null, and are empty or spaces."""
        return self._where(self.never_null, "trim({0}) = ''")

    def _where(self, names: Iterable[str], wrong: str) -> str:
        texts = (name for name in names if self.shape.is_text(name))
        cases = (f"CASE WHEN {wrong.format(raw_name(name))} THEN {literal(name)} END" for name in texts)
        return f"list_filter([{', '.join(['NULL::VARCHAR', *cases])}], lambda each: each IS NOT NULL)"


def listed(values: Iterable[str]) -> str:
    """Texts as a list in SQL."""
    return ", ".join(literal(value) for value in values)
