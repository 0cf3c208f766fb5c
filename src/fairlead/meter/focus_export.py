"""The question behind an export: lines, each with what the bill rows that it was made of say alike.

First step of an export. A line keeps resource, service, account, region, price and currency of its bill rows; rows of
its part that agree with it in these are its rows. What they do not say alike is null, but for names that FOCUS demands:
those are taken from the whole part, and where there are two, both are named. `focus_forms` makes FOCUS's columns of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from fairlead.domain.ledger_tables import LINE_COLUMNS, PART_COLUMNS
from fairlead.meter.focus_shares import with_shares

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["ExportSpan", "exported_lines", "line_sums"]

_KEYS: Mapping[str, Sequence[str]] = {
    "resource": ("ResourceId",),
    "service": ("ServiceName",),
    "account": ("SubAccountId", "BillingAccountId"),
    "region": ("RegionId",),
    "price": ("SkuPriceId",),
    "currency": ("BillingCurrency",),
}
"""Columns of a line, and of the bill that they were taken from: the first that says something."""

_DEMANDED = {
    "billing_account": ("BillingAccountId",),
    "issuer": ("InvoiceIssuerName",),
    "provider": ("ProviderName", "ServiceProviderName", "PublisherName"),
    "publisher": ("PublisherName", "ProviderName", "ServiceProviderName"),
    "service_provider": ("ServiceProviderName", "ProviderName"),
}
"""Facts that every row of an export must have, and where a bill says them."""

_KNOWN = {
    "billing_account_name": ("BillingAccountName",),
    "host_provider": ("HostProviderName",),
    "sub_account": ("SubAccountId",),
    "sub_account_name": ("SubAccountName",),
    "region_name": ("RegionName",),
    "invoice": ("InvoiceId",),
    "category": ("ChargeCategory",),
    "class_": ("ChargeClass",),
}
"""Facts that stand where all rows of a line say them alike."""

_AMOUNTS = ("billed", "effective", "contracted", "listed")


@dataclass(frozen=True, slots=True)
class ExportSpan:
    """Which lines: of charges that begin in `[since, until)`, and of one source ('' for all)."""

    since: datetime | None = None
    until: datetime | None = None
    source: str = ""


def exported_lines(lines: ir.Table, bills: ir.Table, span: ExportSpan) -> ir.Table:
    """Lines of the span with their facts, one row each, in the order of their moments."""
    chosen = with_shares(_chosen(lines, span))
    bills = bills.filter(bills.source == span.source) if span.source else bills
    facts = _facts(bills, [*PART_COLUMNS, *_KEYS])
    wide = _facts(bills, [*PART_COLUMNS, "currency"]).select(*PART_COLUMNS, "currency", *_DEMANDED)
    parts = wide.rename({f"part_{name}": name for name in _DEMANDED})
    found = _joined(_joined(chosen, facts, [*PART_COLUMNS, *_KEYS]), parts, [*PART_COLUMNS, "currency"])
    told = _joined(found, _service_categories(bills), ["service"])
    demanded = {name: told[name].coalesce(told[f"part_{name}"]) for name in _DEMANDED}
    columns = [*LINE_COLUMNS, *PART_COLUMNS, *_DEMANDED, *_KNOWN, "service_category", "allocated_share"]
    return told.mutate(**demanded).select(*columns).order_by("charge_start", "line")


def line_sums(lines: ir.Table, span: ExportSpan) -> ir.Table:
    """Number of lines and sums of the four amounts, by currency."""
    chosen = _chosen(lines, span)
    sums = {name: chosen[name].sum().cast("decimal(38,24)") for name in _AMOUNTS}
    return chosen.group_by("currency").agg(rows=chosen.count(), **sums).order_by("currency")


def _chosen(lines: ir.Table, span: ExportSpan) -> ir.Table:
    conditions = []
    if span.since is not None:
        conditions.append(lines.charge_start >= span.since)
    if span.until is not None:
        conditions.append(lines.charge_start < span.until)
    if span.source:
        conditions.append(lines.source == span.source)
    return lines.filter(reduce(and_, conditions)) if conditions else lines


def _facts(bills: ir.Table, keys: Sequence[str]) -> ir.Table:
    """Facts of the bill rows that are alike in `keys`: one row for each."""
    keyed = bills.mutate(**{name: _text(bills, columns) for name, columns in _KEYS.items()})
    values = {name: _text(keyed, columns).nullif("") for name, columns in {**_DEMANDED, **_KNOWN}.items()}
    told = keyed.mutate(**{f"told_{name}": value for name, value in values.items()})
    several = {name: _several(told[f"told_{name}"]) for name in _DEMANDED}
    alike = {name: _alike(told[f"told_{name}"]) for name in _KNOWN}
    return told.group_by(list(keys)).agg(**several, **alike)


def _alike(value: ir.StringValue) -> ir.StringValue:
    """The value, where every row has it."""
    import ibis

    agreed = (value.min() == value.max()) & (value.count() == value.isnull().count())
    return agreed.ifelse(value.min(), ibis.null("string"))


def _several(value: ir.StringValue) -> ir.StringValue:
    """The value; where rows differ, the first and the last by name."""
    return (value.min() == value.max()).ifelse(value.min(), value.min().concat("; ", value.max()))


def _service_categories(bills: ir.Table) -> ir.Table:
    """The category of each service: FOCUS wants one, so the one that most of its rows have."""
    import ibis

    named = bills.select(service=_text(bills, ("ServiceName",)), service_category=_text(bills, ("ServiceCategory",)))
    counted = (
        named.filter(named.service_category != "").group_by("service", "service_category").agg(rows=ibis._.count())
    )
    order = ibis.window(group_by="service", order_by=[ibis.desc("rows"), "service_category"])
    ranked = counted.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).select("service", "service_category")


def _text(bills: ir.Table, names: Sequence[str]) -> ir.StringValue:
    """The first of these columns that says something, '' where none does."""
    import ibis

    values = [bills[name].cast("string").nullif("") for name in names if name in bills.columns]
    return ibis.coalesce(*values, ibis.literal(""))


def _joined(left: ir.Table, right: ir.Table, keys: Sequence[str]) -> ir.Table:
    joined = left.left_join(right, list(keys))
    return joined.drop(*(f"{key}_right" for key in keys if f"{key}_right" in joined.columns))
