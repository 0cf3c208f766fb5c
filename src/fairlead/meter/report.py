"""Pure: the cost report. One result, many renderers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from fairlead.domain.usage import LineKind
from fairlead.kernel.money import from_pico
from fairlead.meter.sums import GroupSums, Sums
from fairlead.meter.unit_costs import LatencyBound, latency_bound, per_units

__all__ = ["CostReport", "CostRow", "CostTotals", "Unrouted", "cost_report"]


@dataclass(frozen=True, slots=True)
class CostRow:
    """One group. `amount` is what releases are charged for it, None where nothing is priced (never zero).

    `key` maps columns to values: by release these are model, release and name, by window its start and end. An
    inference is a POST that the model answered with 2xx; `per_1k` is the amount for a thousand, `per_1m_output`
    for a million output tokens (None where none were stated); both are rounded half to even to 12 digits. `p50` and
    `p99` are upper bounds, of the histogram's bucket that holds the quantile.
    """

    key: Mapping[str, str | datetime]
    amount: Decimal | None
    currency: str
    requests: int
    inferences: int
    errors: int
    unmetered: int
    input_tokens: int
    output_tokens: int
    tokens_unknown: int
    cpu_us: int
    per_1k: Decimal | None
    per_1m_output: Decimal | None
    p50: LatencyBound | None
    p99: LatencyBound | None


@dataclass(frozen=True, slots=True)
class CostTotals:
    """The whole machine in one currency: `billed` = `releases` + `platform` + `idle`, so `residual` is 0."""

    currency: str
    billed: Decimal
    releases: Decimal
    platform: Decimal
    idle: Decimal
    residual: Decimal


@dataclass(frozen=True, slots=True)
class Unrouted:
    """Requests that no release answered: visible, and charged to nobody."""

    environment: str
    model: str
    requests: int
    errors: int


@dataclass(frozen=True, slots=True)
class CostReport:
    """Cost and usage of `[since, until)`: windows that begin in it. Totals are of the machine, rows of the filter.

    Rows come dearest first. `provisional_until` says up to when windows that are not published yet were added, None
    where none were.
    """

    by: tuple[str, ...]
    since: datetime
    until: datetime
    rows: tuple[CostRow, ...]
    totals: tuple[CostTotals, ...]
    unrouted: tuple[Unrouted, ...]
    provisional_until: datetime | None


def cost_report(
    by: tuple[str, ...], since: datetime, until: datetime, sums: Sums, provisional_until: datetime | None
) -> CostReport:
    """The report that the sums make."""
    rows = [_row(_key(sums, values), currency, group) for (values, currency), group in sums.groups.items()]
    rows.sort(key=lambda row: (-(row.amount or 0), *map(str, row.key.values())))
    currencies = sorted({currency for currency, _ in sums.totals})
    return CostReport(
        by=by,
        since=since,
        until=until,
        rows=tuple(rows),
        totals=tuple(_totals(currency, sums) for currency in currencies),
        unrouted=tuple(Unrouted(*key, *counts) for key, counts in sorted(sums.unrouted.items())),
        provisional_until=provisional_until,
    )


def _key(sums: Sums, values: tuple[object, ...]) -> dict[str, str | datetime]:
    moments_as_they_are = ((value if isinstance(value, datetime) else str(value)) for value in values)
    key = dict(zip(sums.columns, moments_as_they_are, strict=True))
    if "release" in key:
        key["name"] = sums.names.get(str(key["release"]), "")
    return key


def _row(key: Mapping[str, str | datetime], currency: str, group: GroupSums) -> CostRow:
    amount = None if group.pico is None else from_pico(group.pico)
    counts = group.counts
    return CostRow(
        key=key,
        amount=amount,
        currency=currency,
        per_1k=None if amount is None else per_units(amount, counts["inferences"], 1_000),
        per_1m_output=None if amount is None else per_units(amount, counts["output_tokens"], 1_000_000),
        p50=latency_bound(group.latency, 500),
        p99=latency_bound(group.latency, 990),
        **counts,
    )


def _totals(currency: str, sums: Sums) -> CostTotals:
    billed = sums.totals[currency, "billed"]
    parts = [sums.totals[currency, kind] for kind in LineKind]
    releases, platform, idle = map(from_pico, parts)
    return CostTotals(currency, from_pico(billed), releases, platform, idle, from_pico(billed - sum(parts)))
