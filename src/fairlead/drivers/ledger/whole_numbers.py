"""Exact shares of whole numbers as the engines compute them, where the product has more digits than any type of theirs.

With total = q*whole + r the share floor(total*weight/whole) is q*weight + floor(r*weight/whole): no step is greater
than the total or than whole**2, which 128 bits hold for a whole under 1.3e19. Division cuts towards zero, so a
negative total gives the mirror image of the positive one, as `kernel.money.split` has it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import ibis.expr.types as ir

__all__ = ["DUCKDB_MACROS", "part_call", "remainder_call"]

_T, _W, _N = (f"CAST({name} AS HUGEINT)" for name in ("total", "weight", "whole"))
_PART = f"({_T} // {_N}) * {_W} + (({_T} % {_N}) * {_W}) // {_N}"
_REMAINDER = f"(({_T} % {_N}) * {_W}) % {_N}"
DUCKDB_MACROS = tuple(
    f"CREATE MACRO {name}(total, weight, whole) AS CAST({formula} AS DECIMAL(38, 0))"
    for name, formula in (("fairlead_part", _PART), ("fairlead_remainder", _REMAINDER))
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
