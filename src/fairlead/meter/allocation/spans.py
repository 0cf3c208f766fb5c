"""Spans of time, in whole seconds since 1970 UTC: what a line covers, and by which use a shared charge is divided."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING

from fairlead.meter.allocation.columns import DAY, HOUR

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["Grain", "begin", "moment", "seconds", "span_of", "within"]


class Grain(StrEnum):
    """How use is added up for a division: by calendar span, or for a charge's own span where that is none."""

    HOUR = "hour"
    DAY = "day"
    MONTH = "month"
    OWN = "own"


def seconds(moment: ir.TimestampValue) -> ir.IntegerValue:
    """Whole seconds since 1970 UTC, parts of one cut. Engines' own way from a moment is by its time zone, and slow."""
    return _seconds_call()(moment)


def moment(at: ir.IntegerValue) -> ir.TimestampValue:
    """The moment of so many seconds since 1970 UTC."""
    return at.as_timestamp("s").cast("timestamp('UTC')")


def begin(at: ir.TimestampValue, grain: Grain) -> tuple[ir.IntegerValue, ir.IntegerValue]:
    """First second of the calendar span that holds the moment, and the first after it."""
    import ibis

    if grain is Grain.MONTH:
        month = at.truncate("M")
        return seconds(month), seconds(month + ibis.interval(months=1))
    length = HOUR if grain is Grain.HOUR else DAY
    since = seconds(at)
    first = since - since % length
    return first, first + length


def within(start: ir.TimestampValue, end: ir.TimestampValue, grain: Grain) -> tuple[ir.IntegerValue, ir.IntegerValue]:
    """The calendar span that holds `[start, end)`, or that span itself where none does."""
    first, after = begin(start, grain)
    inside = seconds(end) <= after
    return inside.ifelse(first, seconds(start)), inside.ifelse(after, seconds(end))


def span_of(start: ir.IntegerValue, end: ir.IntegerValue) -> ir.StringValue:
    """The grain of a span that `within` gave."""
    import ibis

    month = moment(start).truncate("M")
    is_month = (seconds(month) == start) & (seconds(month + ibis.interval(months=1)) == end)
    return ibis.cases(
        ((start % HOUR == 0) & (end - start == HOUR), Grain.HOUR.value),
        ((start % DAY == 0) & (end - start == DAY), Grain.DAY.value),
        (is_month, Grain.MONTH.value),
        else_=Grain.OWN.value,
    )


@cache
def _seconds_call() -> Callable[[ir.TimestampValue], ir.IntegerValue]:
    import ibis

    def called(moment): ...  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202

    function: Callable[[ir.TimestampValue], ir.IntegerValue] = ibis.udf.scalar.builtin(
        called, name="fairlead_seconds", signature=(("timestamp('UTC')",), "int64")
    )
    return function
