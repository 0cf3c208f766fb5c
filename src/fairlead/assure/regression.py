"""Errors of a regression, in one pass and in exact decimals, so that the order of the rows changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Context, Decimal

from fairlead.assure.quotient import quotient, rounded

__all__ = ["ERROR_MEASURES", "Errors"]

_EXACT = Context(prec=60)
_NOTHING = Decimal("1E-40")
"""What is left of the squares when all truths are one value and the mean was rounded."""


class Errors:
    """Sums over rows of truth and answer."""

    def __init__(self) -> None:
        """No row yet."""
        self.rows = 0
        self.error = self.absolute = self.squared = self.truth = self.truth_squared = Decimal(0)

    def add(self, truth: Decimal, answer: Decimal) -> None:
        """One row."""
        error = _EXACT.subtract(answer, truth)
        self.rows += 1
        self.error = _EXACT.add(self.error, error)
        self.absolute = _EXACT.add(self.absolute, abs(error))
        self.squared = _EXACT.fma(error, error, self.squared)
        self.truth = _EXACT.add(self.truth, truth)
        self.truth_squared = _EXACT.fma(truth, truth, self.truth_squared)


def _root(errors: Errors) -> Decimal | None:
    return rounded(_EXACT.divide(errors.squared, Decimal(errors.rows)).sqrt(_EXACT)) if errors.rows else None


def _determination(errors: Errors) -> Decimal | None:
    """1 - SSE/SST: N. R. Draper, H. Smith, "Applied Regression Analysis". None where the truth never changes."""
    if not errors.rows:
        return None
    mean_square = _EXACT.divide(_EXACT.multiply(errors.truth, errors.truth), Decimal(errors.rows))
    total = _EXACT.subtract(errors.truth_squared, mean_square)
    if total <= errors.truth_squared * _NOTHING:
        return None
    return rounded(1 - _EXACT.divide(errors.squared, total))


ERROR_MEASURES: Mapping[str, Callable[[Errors], Decimal | None]] = {
    "mae": lambda errors: quotient(errors.absolute, errors.rows),
    "mse": lambda errors: quotient(errors.squared, errors.rows),
    "rmse": _root,
    "r2": _determination,
    "mean-error": lambda errors: quotient(errors.error, errors.rows),
}
"""Mean absolute, mean squared and root mean squared error, coefficient of determination, and bias (answer - truth)."""
