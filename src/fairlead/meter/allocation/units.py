"""Amounts as whole numbers of the ledger's smallest unit, 1e-24, and back. By way of text: exact in every engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fairlead.domain.ledger_tables import COST_DIGITS, COST_TYPE

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["amount_of", "units_of"]


def units_of(amount: ir.DecimalValue) -> ir.DecimalValue:
    """A decimal(38, 24) in units of 1e-24."""
    return amount.cast("string").replace(".", "").cast("decimal(38,0)")


def amount_of(units: ir.DecimalValue) -> ir.DecimalValue:
    """Units of 1e-24 as a decimal(38, 24)."""
    import ibis

    digits = units.abs().cast("string").lpad(COST_DIGITS + 1, "0")
    text = digits[: digits.length() - COST_DIGITS].concat(".", digits.right(COST_DIGITS))
    return (units < 0).ifelse(ibis.literal("-").concat(text), text).cast(COST_TYPE)
