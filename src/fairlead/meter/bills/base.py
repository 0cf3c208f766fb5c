"""What a schema of bills is: how it is recognised, and how each column of FOCUS is read from it.

The first step of an import. A file is read as text, every column VARCHAR under the file's own names; a schema turns
that relation into FOCUS's columns, still as text; typing, findings and sums are the same for all of them after that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

__all__ = ["BillSchema"]


@dataclass(frozen=True, slots=True)
class BillSchema:
    """One schema of bills, as data.

    `marks` are columns that its files have, whatever their case. Schemas may share them where files look alike (the two
    exports of Azure): the user then says which. `columns` holds for each column of FOCUS an expression of SQL (DuckDB)
    over the file's columns as text; NULL is not known. Columns of the file stand in double quotes, and nothing else
    does: one that a file lacks is NULL there. A map of a Parquet file is JSON text. `tags` gives the expression of a
    MAP(VARCHAR, VARCHAR), where the schema has tags in another shape than JSON in `Tags`. `tag_columns` is a regular
    expression for files with one column per tag: the key is its first group, and a blank value is no tag. Each column
    of the file is kept as `x_<name>`, also one that an expression reads, unless `taken` names it.

    A schema of JSON has `lines`, which takes the file's text, as it comes, apart into lines of JSON, one for a row
    (ValueError, with what is wrong with it), and `rows`, which makes a table of the file of these lines: the expression
    of a relation for a quoted path, with every column text.
    """

    name: str
    marks: frozenset[str]
    columns: Mapping[str, str]
    taken: frozenset[str] = frozenset()
    tags: str = ""
    tag_columns: str = ""
    lines: Callable[[Iterable[str]], Iterator[str]] | None = field(default=None)
    rows: Callable[[str], str] | None = field(default=None)
