"""Pieces of SQL (DuckDB) that mappings of bill schemas are written with: text in, text out.

A cell that is blank is not known (NULL). Amounts stay text, so that no digit is lost before they are typed; only where
a schema's cost is a sum or a difference are they added here, as DECIMAL, and given back as text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

__all__ = ["case", "difference", "first", "listed", "one_of", "referenced", "text", "total"]

_NOTHING = "('', 'NULL', 'null', 'Null')"
_AMOUNT = "DECIMAL(38, 28)"
"""Four digits more than the ledger keeps, so that what it would lose is seen where amounts are typed."""


def text(value: str) -> str:
    """A string literal."""
    return "'" + value.replace("'", "''") + "'"


def first(*columns: str) -> str:
    """The first of these columns that is not blank, and does not say null in words."""
    cells = [f'CASE WHEN TRIM("{column}") NOT IN {_NOTHING} THEN TRIM("{column}") END' for column in columns]
    return cells[0] if len(cells) == 1 else f"COALESCE({', '.join(cells)})"


def listed(values: Iterable[str]) -> str:
    """A list of string literals, for IN."""
    return "(" + ", ".join(text(value) for value in values) + ")"


def case(subject: str, answers: Mapping[str, str], otherwise: str = "NULL") -> str:
    """The expression that belongs to the subject's value, as it is written; another expression for any other."""
    arms = " ".join(f"WHEN {text(value)} THEN {answer}" for value, answer in answers.items())
    return f"CASE {subject} {arms} ELSE {otherwise} END"


def one_of(subject: str, names: Mapping[str, str], otherwise: str = "NULL") -> str:
    """`case` whose answers are plain words."""
    return case(subject, {value: text(name) for value, name in names.items()}, otherwise)


def total(*amounts: str) -> str:
    """The sum of those amounts that are known, NULL where none is. What is no amount comes back as it stands."""
    known = " + ".join(f"COALESCE(TRY_CAST({amount} AS {_AMOUNT}), 0)" for amount in amounts)
    wrong = [f"{amount} IS NOT NULL AND TRY_CAST({amount} AS {_AMOUNT}) IS NULL THEN {amount}" for amount in amounts]
    arms = " ".join(f"WHEN {arm}" for arm in wrong)
    none = " AND ".join(f"{amount} IS NULL" for amount in amounts)
    return f"CASE WHEN {none} THEN NULL {arms} ELSE {_plain(known)} END"


def difference(whole: str, less: str) -> str:
    """`whole` - `less`, NULL where one is not known. What is no amount comes back as it stands."""
    parts = [f"TRY_CAST({amount} AS {_AMOUNT})" for amount in (whole, less)]
    return f"COALESCE({_plain(' - '.join(parts))}, {whole} || ' - ' || {less})"


def referenced(expressions: Iterable[str]) -> frozenset[str]:
    """Columns of the file that these expressions name: what stands in double quotes."""
    return frozenset(name for expression in expressions for name in re.findall(r'"([^"]+)"', expression))


def _plain(amount: str) -> str:
    return rf"REGEXP_REPLACE(CAST({amount} AS VARCHAR), '\.?0+$', '')"
