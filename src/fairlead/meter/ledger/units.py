"""Pure: cost per anything. Quotients are for show; what cannot be divided says why, and is never zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from fairlead.kernel.money import from_pico, round_to_pico
from fairlead.meter.ledger.question import UNITS, CostQuestion, Per

__all__ = ["MEASURES_OF", "UnitCost", "quotient", "unit_cost"]

_PREFILL, _DECODE = "prefill_seconds", "decode_seconds"
_PHASES = {Per.MILLION_INPUT: _PREFILL, Per.MILLION_OUTPUT: _DECODE}

MEASURES_OF: Mapping[Per | None, tuple[str, ...]] = {
    None: ("inferences", "input_tokens", "output_tokens"),
    **{per: measures for per, (measures, _) in UNITS.items()},
    Per.MILLION_INPUT: ("input_tokens", _PREFILL, _DECODE),
    Per.MILLION_OUTPUT: ("output_tokens", _PREFILL, _DECODE),
    Per.CUSTOMER: (),
}
"""What must be read of usage for each unit."""


@dataclass(frozen=True, slots=True)
class UnitCost:
    """`amount` is the cost of one of `units`, rounded half to even to 12 digits; None where `insufficient` says why."""

    units: Decimal | None = None
    amount: Decimal | None = None
    insufficient: str = ""


def quotient(amount: Fraction | Decimal, units: Decimal) -> Decimal:
    """`amount / units`, rounded half to even to 12 digits."""
    return from_pico(round_to_pico(Fraction(amount) / Fraction(units)))


def unit_cost(question: CostQuestion, amount: Decimal | None, customers: int, usage: Mapping[str, Decimal]) -> UnitCost:
    """The cost of a group per unit of the question. `usage` is the group's use by measure."""
    if question.per is None:
        return UnitCost()
    if amount is None:
        return UnitCost(insufficient=f"a line has no {question.basis} cost")
    if question.per is Per.CUSTOMER:
        return _divided(Fraction(amount), Decimal(customers), "no line names a customer")
    if question.beyond_usage:
        return UnitCost(insufficient=f"usage does not tell {', '.join(question.beyond_usage)}")
    measures, size = UNITS[question.per]
    units = sum((usage.get(name, Decimal(0)) for name in measures), Decimal(0)) / size
    if units and question.per in _PHASES:
        return _of_phase(amount, units, usage, _PHASES[question.per])
    return _divided(Fraction(amount), units, f"no {' or '.join(measures)} were measured".replace("_", " "))


def _divided(amount: Fraction, units: Decimal, lacking: str) -> UnitCost:
    return UnitCost(units, quotient(amount, units)) if units else UnitCost(insufficient=lacking)


def _of_phase(amount: Decimal, units: Decimal, usage: Mapping[str, Decimal], phase: str) -> UnitCost:
    """The part of the cost that reading prompts, or writing answers, took of the time measured for both.

    As in OpenCost's worked example of a model server that tells its time in prefill and in decode.
    """
    whole = usage.get(_PREFILL, Decimal(0)) + usage.get(_DECODE, Decimal(0))
    if not whole:
        return UnitCost(units, insufficient="no time in prefill and decode was measured: use --per 1k_tokens")
    return _divided(Fraction(amount) * Fraction(usage.get(phase, Decimal(0))) / Fraction(whole), units, "")
