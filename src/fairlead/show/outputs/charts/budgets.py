"""Budgets as bullets: spent and committed as bars, the budget as a line across, where the month lands as a mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from fairlead.show.outputs.charts.chart import Chart, ChartTable, Spec, amount_axis, drawn, exact, framed
from fairlead.show.outputs.charts.palette import SERIES, SURFACE, TEXT

__all__ = ["BudgetState", "budgets"]

_ROW = 36
_LEGEND = "Bar: spent; grey: committed; line: budget; diamond: where the month lands."
_WITHIN, _BEYOND = "within", "beyond the budget"


@dataclass(frozen=True, slots=True)
class BudgetState:
    """One budget of a month. `committed` is spent plus what is already promised; `landing` what the month will come to.

    None: not known.
    """

    name: str
    budget: Decimal
    spent: Decimal
    committed: Decimal | None = None
    landing: Decimal | None = None

    @property
    def beyond(self) -> bool:
        """Whether more is spent than there is."""
        return self.spent > self.budget


def budgets(states: Sequence[BudgetState], currency: str) -> Chart:
    """One row per budget, in the order given."""
    rows = [
        {
            "name": each.name,
            "budget": drawn(each.budget),
            "spent": drawn(each.spent),
            "committed": drawn(each.committed),
            "landing": drawn(each.landing),
            "most": drawn(max(each.budget, each.spent, each.committed or each.spent, each.landing or each.spent)),
            "state": _BEYOND if each.beyond else _WITHIN,
            **{f"{key}_exact": text for key, text in zip(_KEYS, _texts(each, currency), strict=True)},
        }
        for each in states
    ]
    beyond = sum(each.beyond for each in states)
    summary = f"{beyond} of {len(states)} budgets exceeded. {_LEGEND}"
    cells = tuple((each.name, *_texts(each, currency)) for each in states)
    table = ChartTable(("name", *_KEYS), cells, frozenset(range(1, 6)))
    spec = framed(_body([each.name for each in states]), summary, rows, height=_ROW * len(rows))
    return Chart("Budgets", summary, spec, table)


_KEYS = ("budget", "spent", "committed", "landing", "used")


def _texts(each: BudgetState, currency: str) -> tuple[str, ...]:
    used = f"{each.spent / each.budget:.1%}" if each.budget > 0 else "no budget"
    amounts = (each.budget, each.spent, each.committed, each.landing)
    return (*(exact(amount, currency) for amount in amounts), used)


def _body(names: list[str]) -> Spec:
    rows = {"field": "name", "type": "nominal", "sort": names}
    tooltip = [{"field": "name"}, *({"field": f"{key}_exact", "title": key} for key in _KEYS)]
    scale = {"domain": [_WITHIN, _BEYOND], "range": [SERIES[0].light, SERIES[1].light]}

    def layer(field: str, mark: Spec, **more: Spec) -> Spec:
        return {"mark": mark, "encoding": {"x": amount_axis(field), "y": rows, "tooltip": tooltip, **more}}

    return {
        "layer": [
            layer("most", {"type": "bar", "color": SURFACE.light, "height": {"band": 0.8}, "aria": False}),
            layer("committed", {"type": "bar", "color": SERIES[6].light, "height": {"band": 0.5}, "aria": False}),
            layer(
                "spent",
                {"type": "bar", "height": {"band": 0.28}},
                color={"field": "state", "type": "nominal", "scale": scale},
            ),
            layer(
                "budget",
                {"type": "tick", "color": TEXT.light, "thickness": 3, "height": {"band": 0.8}, "aria": False},
            ),
            layer(
                "landing",
                {"type": "point", "shape": "diamond", "size": 70, "filled": True, "color": TEXT.light, "aria": False},
            ),
        ]
    }
