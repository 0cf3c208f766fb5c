"""Which rows of usage a division counts, and whether they are fine enough for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.kernel.errors import UsageError
from fairlead.meter.allocation.columns import DAY
from fairlead.meter.allocation.patterns import fits
from fairlead.meter.allocation.spans import moment, seconds
from fairlead.meter.allocation.weighing import Weighing

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["between", "check_windows", "counted", "windows"]


def counted(usage: ir.Table, weighing: Weighing) -> ir.Table:
    """Rows of the measures and the sources that are weighed."""
    conditions = [usage.measure.isin(weighing.measures)]
    if "*" not in weighing.usage:
        conditions.append(fits(usage.source, weighing.usage))
    return usage.filter(*conditions)


def between(usage: ir.Table, since: int, until: int) -> ir.Table:
    """Windows that begin in these seconds."""
    import ibis

    first, after = (moment(ibis.literal(at, "int64")) for at in (since, until))
    return usage.filter(usage.window_start >= first, usage.window_start < after)


def windows(usage: ir.Table) -> ir.Table:
    """Which roles there are, and the `longest` window of each in seconds."""
    length = seconds(usage.window_end) - seconds(usage.window_start)
    return usage.group_by("role").agg(longest=length.max())


def check_windows(longest: int, shortest: int, weighing: Weighing) -> None:
    """UsageError where a window is longer than the span it is to divide: it cannot say who used which part of it."""
    if longest > shortest:
        raise UsageError(
            f"use of {', '.join(weighing.measures)} is measured in windows of {longest} seconds,"
            f" and charges of {shortest} seconds are to be divided by it",
            where="allocation",
            mend=f"split `per: {'day' if longest <= DAY else 'month'}`",
        )
