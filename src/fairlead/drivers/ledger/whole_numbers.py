"""Exact shares of whole numbers as the engines compute them, where the product has more digits than any type of theirs.

With total = q*whole + r the share floor(total*weight/whole) is q*weight + floor(r*weight/whole). The second product
is kept under 10**38 by splitting by whole - weight where that is the smaller one. A negative total gives the mirror
image of the positive one, as `kernel.money.split` has it; a whole of zero gives null.

DuckDB divides 128 bits bit by bit, and turns a decimal into such a number by dividing it: some microseconds each. So
a quotient is guessed in floats, a little too small, and what the guess leaves over is computed exactly and divided
again: each round fixes 50 bits, and the last looks whether one more or less fits. No digit comes from a float.

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


def _let(name: str, value: str, body: str) -> str:
    """`body` with a value that is computed once: written out in each place, it would grow beyond planning."""
    return f"list_transform([{value}], lambda {name}: {body})[1]"


def _divided_by_guesses(rounds: int, done: int = 0) -> str:
    """Ratio and rest of `total` by `whole`, as a struct. Two rounds do for a ratio of 64 bits, three for one of 127."""
    if done == rounds:
        ratio = " + ".join(f"fairlead_guess(rest{place}, whole)" for place in range(rounds))
        off = f"fairlead_off(rest{done}, whole)"
        return f"{{'ratio': {ratio} + {off}, 'rest': rest{done} - {off} * whole}}"
    left = f"rest{done} - fairlead_guess(rest{done}, whole) * whole"
    inner = _let(f"rest{done + 1}", left, _divided_by_guesses(rounds, done + 1))
    return inner if done else _let("rest0", "total", inner)


_SHORTER = "0.9999999999999996::DOUBLE"
_ONE = "CAST({} AS DECIMAL(1, 0))"
_FAR, _LEFT = _ONE.format("weight > whole - weight"), _ONE.format("near.rest > 0")
_NEAR = "fairlead_divided_64(whole_part.rest * least(weight, whole - weight), whole)"
_SHARE = (
    f"{{'part': whole_part.ratio * weight + near.ratio + {_FAR} * (whole_part.rest - 2 * near.ratio - {_LEFT}),"
    f" 'rest': near.rest + {_FAR} * {_LEFT} * (whole - 2 * near.rest)}}"
)
_SIGN = f"({_ONE.format('1')} - 2 * {_ONE.format('total < 0')})"
DUCKDB_MACROS = tuple(
    f"CREATE MACRO {signature} AS {formula}"
    for signature, formula in (
        (
            "fairlead_guess(total, whole)",
            _number(f"CAST(total AS DOUBLE) / CAST(whole AS DOUBLE) * {_SHORTER}"),
        ),
        ("fairlead_off(rest, whole)", f"{_ONE.format('rest >= whole')} - {_ONE.format('rest < 0')}"),
        ("fairlead_divided_64(total, whole)", _divided_by_guesses(2)),
        ("fairlead_divided_127(total, whole)", _divided_by_guesses(3)),
        (
            "fairlead_share(total, weight, whole)",
            _let("whole_part", "fairlead_divided_127(abs(total), whole)", _let("near", _NEAR, _SHARE)),
        ),
        ("fairlead_part(total, weight, whole)", _number(f"{_SIGN} * fairlead_share(total, weight, whole).part")),
        ("fairlead_remainder(total, weight, whole)", _number(f"{_SIGN} * fairlead_share(total, weight, whole).rest")),
        ("fairlead_units(digits)", _number("CAST(replace(digits, '.', '') AS HUGEINT)")),
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
