"""Exact shares of whole numbers as the engines compute them, where the product has more digits than any type of theirs.

With total = q*whole + r the share floor(total*weight/whole) is q*weight + floor(r*weight/whole): no step is greater
than the total or than whole**2, which 128 bits hold for a whole under 1.3e19. A negative total gives the mirror image
of the positive one, as `kernel.money.split` has it; a whole of zero gives null.

DuckDB divides 128 bits bit by bit, a microsecond each. So a quotient is guessed in doubles, and what the guess leaves
over is computed exactly and guessed again. A guess is wrong by less than 2**-50 of itself or by a half, so that after
three of them less than half a whole is left over, above or below, whichever the numbers; no digit comes from a double.
Answers stay numbers of 128 bits, since DuckDB makes them of decimals by dividing as well.

Spark has whole quotients of 63 bits. There both divisions are done by hand, digit by digit from the left, in base
10**18 and 10**9 (Knuth, The Art of Computer Programming 2, 4.3.1, exercise 16).
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis.expr.types as ir

__all__ = ["DUCKDB_MACROS", "SPARK_FUNCTIONS", "part_call", "remainder_call", "units_call"]

_NUMBER = "DECIMAL(38, 0)"


def _number(expression: str) -> str:
    return f"CAST({expression} AS {_NUMBER})"


_SIZED = "CAST(abs(total) AS HUGEINT), CAST(weight AS HUGEINT), CAST(whole AS HUGEINT)"
_LESS = ("fairlead_less(total, whole)", "fairlead_less(fairlead_less(total, whole), whole)")
_BELOW = "CASE WHEN fairlead_near(total, whole) < 0 THEN {} ELSE 0 END"
DUCKDB_MACROS = tuple(
    f"CREATE MACRO fairlead_{signature} AS {formula}"
    for signature, formula in (
        ("guess(total, whole)", "CAST(CAST(total AS DOUBLE) / CAST(whole AS DOUBLE) AS HUGEINT)"),
        ("less(total, whole)", "total - whole * fairlead_guess(total, whole)"),
        ("near(total, whole)", f"fairlead_less({_LESS[1]}, whole)"),
        (
            "ratio(total, whole)",
            " + ".join(f"fairlead_guess({left}, whole)" for left in ("total", *_LESS)) + f" - {_BELOW.format('1')}",
        ),
        ("rest(total, whole)", f"fairlead_near(total, whole) + {_BELOW.format('whole')}"),
        (
            "sized_part(total, weight, whole)",
            "fairlead_ratio(total, whole) * weight + fairlead_ratio(fairlead_rest(total, whole) * weight, whole)",
        ),
        ("sized_remainder(total, weight, whole)", "fairlead_rest(fairlead_rest(total, whole) * weight, whole)"),
        *(
            (f"{name}(total, weight, whole)", f"CAST(sign(total) AS TINYINT) * fairlead_sized_{name}({_SIZED})")
            for name in ("part", "remainder")
        ),
        ("units(digits)", "CAST(replace(digits, '.', '') AS HUGEINT)"),
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
        (f"fairlead_units(digits STRING) RETURNS {_NUMBER}", _number("replace(digits, '.', '')")),
    )
)


def part_call(total: ir.Value, weight: ir.Value, whole: ir.Value) -> ir.Value:
    """The share, as every engine has it under the same name."""
    return _called("fairlead_part", total, weight, whole)


def remainder_call(total: ir.Value, weight: ir.Value, whole: ir.Value) -> ir.Value:
    """What the share leaves over, in units of 1/whole."""
    return _called("fairlead_remainder", total, weight, whole)


def units_call(amount: ir.Value) -> ir.Value:
    """All digits of a decimal as a whole number. DuckDB reads 128 bits from text ten times as fast as a decimal."""
    import ibis

    def called(digits): ...  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202

    units = ibis.udf.scalar.builtin(called, name="fairlead_units", signature=(("string",), "decimal(38, 0)"))
    return units(amount.cast("string"))


def _called(name: str, total: ir.Value, weight: ir.Value, whole: ir.Value) -> ir.Value:
    import ibis

    total, weight, whole = (value.cast("decimal(38, 0)") for value in (total, weight, whole))
    return _function(name)(total, weight, whole.nullif(ibis.literal(0, "decimal(38, 0)")))


@cache
def _function(name: str) -> Callable[..., ir.Value]:
    import ibis

    def called(total, weight, whole): ...  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202

    number = "decimal(38, 0)"
    function: Callable[..., ir.Value] = ibis.udf.scalar.builtin(
        called, name=name, signature=((number, number, number), number)
    )
    return function
