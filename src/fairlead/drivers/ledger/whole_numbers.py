"""Exact shares of whole numbers as the engines compute them, where the product has more digits than any type of theirs.

A total is taken apart first, total = q*whole + rest; the share of a weight is q*weight + floor(rest*weight/whole). No
step is greater than the total or than whole**2, which 128 bits hold for a whole under 1.3e19. A whole of zero gives
null.

DuckDB divides 128 bits bit by bit, a microsecond each. So a quotient is guessed in doubles, and what the guess leaves
over is computed exactly and guessed again. A guess is wrong by less than 2**-50 of itself or by a half, so that after
two of them for a quotient under 2**64 (a share), and after three for any, less than a whole is left over, above or
below, whichever the numbers; no digit comes from a double. What formulas have twice the engine computes once, outside
of CASE. Answers stay numbers of 128 bits, since DuckDB makes them of decimals by dividing as well.

Spark has whole quotients of 63 bits. There both divisions are done by hand, digit by digit from the left, in base
10**18 and 10**9 (Knuth, The Art of Computer Programming 2, 4.3.1, exercise 16).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from fairlead.domain.ledger_tables import COST_DIGITS, COST_TYPE

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis.expr.types as ir

__all__ = ["DUCKDB_MACROS", "SPARK_FUNCTIONS", "WholeNumbers"]

_NUMBER, _TYPE = "DECIMAL(38, 0)", "decimal(38, 0)"
_NUMBERS = (_TYPE, _TYPE, _TYPE)
_UNIT = f"CAST('0.{1:0{COST_DIGITS}}' AS DECIMAL({COST_DIGITS}, {COST_DIGITS}))"
"""The ledger's smallest unit."""


def _number(expression: str) -> str:
    return f"CAST({expression} AS {_NUMBER})"


def _huge(number: str) -> str:
    return f"CAST({number} AS HUGEINT)"


_TWO, _THREE = ("total", "whole"), ("rest", "weight", "whole")
_TWICE = "fairlead_less_twice(total, whole)"
_RATIO = (
    f"fairlead_guessed(total, whole) + fairlead_guess({_TWICE}, whole) - fairlead_below(fairlead_less({_TWICE}, whole))"
)
_GUESSED, _LEFT = "fairlead_guessed(rest * weight, whole)", "fairlead_less_twice(rest * weight, whole)"
DUCKDB_MACROS = tuple(
    f"CREATE MACRO fairlead_{signature} AS {formula}"
    for signature, formula in (
        ("guess(total, whole)", "CAST(CAST(total AS DOUBLE) / CAST(whole AS DOUBLE) AS HUGEINT)"),
        ("less(total, whole)", "total - whole * fairlead_guess(total, whole)"),
        ("less_twice(total, whole)", "fairlead_less(fairlead_less(total, whole), whole)"),
        ("below(number)", "CAST(number < 0 AS TINYINT)"),
        ("guessed(total, whole)", "fairlead_guess(total, whole) + fairlead_guess(fairlead_less(total, whole), whole)"),
        ("whole_ratio(total, whole)", _RATIO),
        ("whole_part(rest, weight, whole)", f"{_GUESSED} - fairlead_below({_LEFT})"),
        ("whole_remainder(rest, weight, whole)", f"{_LEFT} + whole * fairlead_below({_LEFT})"),
        *(
            (f"{name}({', '.join(given)})", f"fairlead_whole_{name}({', '.join(map(_huge, given))})")
            for name, given in (("ratio", _TWO), ("part", _THREE), ("remainder", _THREE))
        ),
        ("units(digits)", "CAST(replace(digits, '.', '') AS HUGEINT)"),
        ("amount(units)", f"CAST(units AS {_NUMBER}) * {_UNIT}"),
        ("seconds(moment)", "epoch_us(moment) // 1000000 - CAST(epoch_us(moment) % 1000000 < 0 AS BIGINT)"),
    )
)

_PAIR = f"STRUCT<ratio: {_NUMBER}, rest: {_NUMBER}>"
_E36, _E18, _E9 = (_number(f"'1{'0' * zeros}'") for zeros in (36, 18, 9))


def _divided_by_hand(digits: tuple[str, ...], base: str) -> str:
    current = f"(state.rest * {base} + digit)"
    ratio, rest = _number(f"state.ratio * {base} + {current} div whole"), _number(f"{current} % whole")
    return (
        f"aggregate(array({', '.join(map(_number, digits))}),"
        f" named_struct('ratio', {_number('0')}, 'rest', {_number('0')}),"
        f" (state, digit) -> named_struct('ratio', {ratio}, 'rest', {rest}))"
    )


_TOTAL = (f"total div {_E36}", f"total % {_E36} div {_E18}", f"total % {_E18}")
_WEIGHT = (f"rest * (weight div {_E18})", f"rest * (weight % {_E18} div {_E9})", f"rest * (weight % {_E9})")
_GIVEN = ", ".join(f"{name} {_NUMBER}" for name in _THREE)
SPARK_FUNCTIONS = tuple(
    f"CREATE OR REPLACE TEMPORARY FUNCTION {signature} RETURN {formula}"
    for signature, formula in (
        (
            f"fairlead_ratio(total {_NUMBER}, whole {_NUMBER}) RETURNS {_NUMBER}",
            f"{_divided_by_hand(_TOTAL, _E18)}.ratio",
        ),
        (f"fairlead_spread({_GIVEN}) RETURNS {_PAIR}", _divided_by_hand(_WEIGHT, _E9)),
        (f"fairlead_part({_GIVEN}) RETURNS {_NUMBER}", "fairlead_spread(rest, weight, whole).ratio"),
        (f"fairlead_remainder({_GIVEN}) RETURNS {_NUMBER}", "fairlead_spread(rest, weight, whole).rest"),
        (f"fairlead_units(digits STRING) RETURNS {_NUMBER}", _number("replace(digits, '.', '')")),
        (f"fairlead_amount(units {_NUMBER}) RETURNS {COST_TYPE}", f"CAST(units * {_UNIT} AS {COST_TYPE})"),
        ("fairlead_seconds(moment TIMESTAMP) RETURNS BIGINT", "unix_seconds(moment)"),
    )
)


class WholeNumbers:
    """The exact arithmetic of an engine: functions that every engine has under the same names."""

    def ratio(self, total: ir.Value, whole: ir.Value) -> ir.Value:
        """floor(total / whole), exactly."""
        return _function("fairlead_ratio", (_TYPE, _TYPE))(total.cast(_TYPE), _divisor(whole))

    def part(self, rest: ir.Value, weight: ir.Value, whole: ir.Value) -> ir.Value:
        """floor(rest x weight / whole), exactly; `rest` is less than the whole."""
        return _function("fairlead_part", _NUMBERS)(rest.cast(_TYPE), weight.cast(_TYPE), _divisor(whole))

    def remainder(self, rest: ir.Value, weight: ir.Value, whole: ir.Value) -> ir.Value:
        """(rest x weight) mod whole, exactly: what the share leaves over, in units of 1/whole."""
        return _function("fairlead_remainder", _NUMBERS)(rest.cast(_TYPE), weight.cast(_TYPE), _divisor(whole))

    def units(self, amount: ir.Value) -> ir.Value:
        """All digits of a decimal as a whole number. DuckDB reads 128 bits from text ten times as fast as a decimal."""
        return _function("fairlead_units", ("string",))(amount.cast("string"))


def _divisor(whole: ir.Value) -> ir.Value:
    import ibis

    return whole.cast(_TYPE).nullif(ibis.literal(0, "int8"))


@cache
def _function(name: str, given: tuple[str, ...]) -> Callable[..., ir.Value]:
    import ibis

    def one(first): ...  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202

    def two(first, second): ...  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202

    def three(first, second, third): ...  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202

    called = (one, two, three)[len(given) - 1]
    function: Callable[..., ir.Value] = ibis.udf.scalar.builtin(called, name=name, signature=(given, _TYPE))
    return function
