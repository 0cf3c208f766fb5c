"""Whole numbers of the ledger's smallest unit, 1e-24, as amounts. The other way is the engine's `units`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from fairlead.domain.ledger_tables import COST_TYPE

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["amount_of", "sum_of"]


def amount_of(units: ir.DecimalValue) -> ir.DecimalValue:
    """Units of 1e-24 as a decimal(38, 24), exactly."""
    return _amount_call()(units)


def sum_of(units: ir.DecimalValue, where: ir.BooleanValue | None = None) -> ir.DecimalScalar:
    """Sum of whole numbers as one. Ibis takes a sum of decimals for one with digits after the point."""
    return _sum_call()(units, where=where)


@cache
def _sum_call() -> Callable[..., ir.DecimalScalar]:
    import ibis

    def called(units): ...  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202

    function: Callable[..., ir.DecimalScalar] = ibis.udf.agg.builtin(
        called, name="sum", signature=(("decimal(38, 0)",), "decimal(38, 0)")
    )
    return function


@cache
def _amount_call() -> Callable[[ir.DecimalValue], ir.DecimalValue]:
    import ibis

    def called(units): ...  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202

    function: Callable[[ir.DecimalValue], ir.DecimalValue] = ibis.udf.scalar.builtin(
        called, name="fairlead_amount", signature=(("decimal(38, 0)",), COST_TYPE)
    )
    return function
