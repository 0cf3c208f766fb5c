"""The lake's tables: columns and types, and how a record becomes a row. Times are UTC; money is DECIMAL(38, 12)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal

from fairlead.domain.usage import BUCKETS_MS, BillLine, CostLine, UsageRecord
from fairlead.kernel.errors import IntegrityError
from fairlead.kernel.money import from_pico, plain, round_to_pico
from fairlead.kernel.windows import Window

__all__ = ["LATENCY", "TABLES", "bill_row", "cost_row", "rows_as_json", "usage_row"]

LATENCY = (*(f"latency_le_{bound}ms" for bound in BUCKETS_MS), "latency_above")
"""Columns of the latency histogram; each counts its own bucket only."""

_WINDOW = {"window_start": "TIMESTAMP", "window_end": "TIMESTAMP"}
_RELEASE = dict.fromkeys(("environment", "model", "release", "name", "customer"), "VARCHAR")
_COUNTS = (
    "requests", "inferences", "errors", "input_tokens", "output_tokens", "tokens_unknown", "service_us", "cpu_us",
    "bytes_in", "bytes_out", "unmetered",
)  # fmt: skip
_MONEY = {"amount": "DECIMAL(38,12)", "currency": "VARCHAR"}

TABLES: Mapping[str, Mapping[str, str]] = {
    "usage": {**_WINDOW, **_RELEASE, **dict.fromkeys((*_COUNTS, *LATENCY), "BIGINT")},
    "cost_lines": {
        **_WINDOW,
        "kind": "VARCHAR",
        **_RELEASE,
        "quantity_us": "BIGINT",
        **_MONEY,
        "method": "VARCHAR",
        "price": "VARCHAR",
    },
    "bill_lines": {**_WINDOW, "capacity_us": "BIGINT", **_MONEY, "price": "VARCHAR"},
}
"""Type by column by table."""

_Row = dict[str, object]


def _window(window: Window) -> _Row:
    return {"window_start": _utc(window.start), "window_end": _utc(window.end)}


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()


def _money(amount: Decimal, currency: str) -> _Row:
    if from_pico(round_to_pico(amount)) != amount:
        raise IntegrityError(f"{plain(amount)} {currency} has more digits than the lake keeps")
    return {"amount": plain(amount), "currency": currency}


def _fields(record: object, names: Iterable[str]) -> _Row:
    return {name: getattr(record, name) for name in names}


def usage_row(record: UsageRecord) -> _Row:
    """Row of `usage`."""
    latency = dict(zip(LATENCY, record.latency, strict=True))
    return {**_window(record.window), **_fields(record, (*_RELEASE, *_COUNTS)), **latency}


def cost_row(line: CostLine) -> _Row:
    """Row of `cost_lines`."""
    fields = _fields(line, ("kind", *_RELEASE, "quantity_us", "method", "price"))
    return {**_window(line.window), **fields, **_money(line.amount, line.currency)}


def bill_row(line: BillLine) -> _Row:
    """Row of `bill_lines`."""
    fields = _fields(line, ("capacity_us", "price"))
    return {**_window(line.window), **fields, **_money(line.amount, line.currency)}


def rows_as_json(rows: Iterable[_Row]) -> str:
    """Rows as the engine reads them; a decimal travels as text, so that no digit is lost."""
    return json.dumps(list(rows))
