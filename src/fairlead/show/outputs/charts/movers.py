"""Top movers: what became dearer and what cheaper between two spans, the greatest change first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from fairlead.show.outputs.charts.chart import Chart, ChartTable, Spec, amount_axis, drawn, exact, framed
from fairlead.show.outputs.charts.palette import AXIS, SERIES

__all__ = ["Move", "top_movers"]

_ROW = 30
_DEARER, _CHEAPER = "dearer", "cheaper"


@dataclass(frozen=True, slots=True)
class Move:
    """What a group cost before and now."""

    name: str
    before: Decimal
    after: Decimal

    @property
    def change(self) -> Decimal:
        """What it costs more."""
        return self.after - self.before


def top_movers(moves: Sequence[Move], currency: str) -> Chart:
    """Bars to the right for what became dearer, to the left for what became cheaper, in the order given."""
    rows = [
        {
            "name": move.name,
            "change": drawn(move.change),
            "way": _DEARER if move.change > 0 else _CHEAPER,
            "exact": _signed(move, currency),
            "before": exact(move.before, currency),
            "after": exact(move.after, currency),
            "relative": _relative(move),
        }
        for move in moves
    ]
    dearer = sum(move.change > 0 for move in moves)
    summary = f"What moved most: {dearer} became dearer, {len(moves) - dearer} cheaper."
    cells = tuple(
        (move.name, exact(move.before, currency), exact(move.after, currency), _signed(move, currency), _relative(move))
        for move in moves
    )
    table = ChartTable(("name", "before", "now", "change", "relative"), cells, frozenset({1, 2, 3, 4}))
    spec = framed(_body([move.name for move in moves]), summary, rows, height=_ROW * len(rows))
    return Chart("Top movers", summary, spec, table)


def _body(names: list[str]) -> Spec:
    rows = {"field": "name", "type": "nominal", "sort": names}
    scale = {"domain": [_DEARER, _CHEAPER], "range": [SERIES[1].light, SERIES[0].light]}
    bars = {
        "mark": {"type": "bar", "cornerRadius": 2, "height": {"band": 0.62}},
        "encoding": {
            "x": amount_axis("change"),
            "y": rows,
            "color": {"field": "way", "type": "nominal", "scale": scale},
            "tooltip": [
                {"field": "name"},
                {"field": "exact", "title": "change"},
                {"field": "before"},
                {"field": "after", "title": "now"},
                {"field": "relative"},
            ],
        },
    }
    zero = {
        "mark": {"type": "rule", "color": AXIS.light, "aria": False},
        "encoding": {"x": {"datum": 0, "type": "quantitative"}},
    }
    return {"layer": [bars, zero]}


def _signed(move: Move, currency: str) -> str:
    text = exact(move.change, currency)
    return f"+{text}" if move.change > 0 else text


def _relative(move: Move) -> str:
    return f"{move.change / move.before:+.1%}" if move.before > 0 else "new"
