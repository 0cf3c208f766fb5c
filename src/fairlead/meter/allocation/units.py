"""Whole numbers of the ledger's smallest unit, 1e-24, as amounts. The other way is the engine's `units`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.domain.ledger_tables import COST_DIGITS, COST_TYPE

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["amount_of"]


def amount_of(units: ir.DecimalValue) -> ir.DecimalValue:
    """Units of 1e-24 as a decimal(38, 24), by way of text: exact in every engine."""
    import ibis

    digits = units.abs().cast("string").lpad(COST_DIGITS + 1, "0")
    text = digits[: digits.length() - COST_DIGITS].concat(".", digits.right(COST_DIGITS))
    return (units < 0).ifelse(ibis.literal("-").concat(text), text).cast(COST_TYPE)
