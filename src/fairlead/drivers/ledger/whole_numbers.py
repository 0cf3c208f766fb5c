"""Exact shares of whole numbers as the engines compute them, where the product has more digits than any type of theirs.

With total = q*whole + r the share floor(total*weight/whole) is q*weight + floor(r*weight/whole): no step is greater
than the total or than whole**2, which 128 bits hold for a whole under 1.3e19. Division cuts towards zero, so a
negative total gives the mirror image of the positive one, as `kernel.money.split` has it.

Spark has 38 digits and no more, and whole quotients of 63 bits. There both divisions are done by hand, digit by digit
from the left, in base 10**18 and 10**9 (Knuth, The Art of Computer Programming 2, 4.3.1, exercise 16).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis.expr.types as ir

__all__ = ["DUCKDB_MACROS", "SPARK_FUNCTIONS", "part_call", "remainder_call"]

_T, _W, _N = (f"CAST({name} AS HUGEINT)" for name in ("total", "weight", "whole"))
_PART = f"({_T} // {_N}) * {_W} + (({_T} % {_N}) * {_W}) // {_N}"
_REMAINDER = f"(({_T} % {_N}) * {_W}) % {_N}"
DUCKDB_MACROS = tuple(
    f"CREATE MACRO {name}(total, weight, whole) AS CAST({formula} AS DECIMAL(38, 0))"
    for name, formula in (("fairlead_part", _PART), ("fairlead_remainder", _REMAINDER))
)


_NUMBER = "DECIMAL(38, 0)"


def _number(expression: str) -> str:
    return f"CAST({expression} AS {_NUMBER})"


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
_SPREAD = "fairlead_spread(fairlead_divided(total, whole).rest, weight, whole)"
_THREE = f"total {_NUMBER}, weight {_NUMBER}, whole {_NUMBER}"
SPARK_FUNCTIONS = tuple(
    f"CREATE OR REPLACE TEMPORARY FUNCTION {signature} RETURN {formula}"
    for signature, formula in (
        (f"fairlead_divided(total {_NUMBER}, whole {_NUMBER}) RETURNS {_PAIR}", _divided_by_hand(_TOTAL, _E18)),
        (
            f"fairlead_spread(rest {_NUMBER}, weight {_NUMBER}, whole {_NUMBER}) RETURNS {_PAIR}",
            _divided_by_hand(_WEIGHT, _E9),
        ),
        (
            f"fairlead_part({_THREE}) RETURNS {_NUMBER}",
            _number(f"fairlead_divided(total, whole).ratio * weight + {_SPREAD}.ratio"),
        ),
        (f"fairlead_remainder({_THREE}) RETURNS {_NUMBER}", f"{_SPREAD}.rest"),
    )
)


def part_call(total: ir.Value, weight: ir.Value, whole: ir.Value) -> ir.Value:
    """The share, as every engine has it under the same name."""
    return _function("fairlead_part")(*map(_whole, (total, weight, whole)))


def remainder_call(total: ir.Value, weight: ir.Value, whole: ir.Value) -> ir.Value:
    """What the share leaves over, in units of 1/whole."""
    return _function("fairlead_remainder")(*map(_whole, (total, weight, whole)))


def _whole(value: ir.Value) -> ir.Value:
    return value.cast("decimal(38, 0)")


@cache
def _function(name: str) -> Callable[..., ir.Value]:
    import ibis

    def called(total, weight, whole): ...  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202

    number = "decimal(38, 0)"
    function: Callable[..., ir.Value] = ibis.udf.scalar.builtin(
        called, name=name, signature=((number, number, number), number)
    )
    return function
