"""Cost by day, and what a unit cost by day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from fairlead.show.outputs.charts.chart import Chart, ChartTable, Spec, amount_axis, drawn, exact, framed
from fairlead.show.outputs.charts.palette import SERIES

__all__ = ["DayCost", "UnitCost", "cost_trend", "unit_cost_trend"]

_HEIGHT = 240
_OTHERS = "all others"
_DAY_LABEL = "utcFormat(toDate(datum.value), '%-d %b')"


@dataclass(frozen=True, slots=True)
class DayCost:
    """What a group cost on a day (UTC)."""

    day: date
    group: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class UnitCost:
    """What a unit cost a group on a day; None where nobody knows, or where nothing was used."""

    day: date
    group: str
    amount: Decimal | None


def cost_trend(days: Iterable[DayCost], currency: str) -> Chart:
    """Stacked bars by day. The dearest groups have a colour of their own, the rest is one group."""
    sums: dict[tuple[date, str], Decimal] = defaultdict(Decimal)
    given = list(days)
    names = _names((each.group, each.amount) for each in given)
    for each in given:
        sums[each.day, each.group if each.group in names else _OTHERS] += each.amount
    order = sorted(sums, key=lambda key: (key[0], names.index(key[1])))
    rows = [
        {
            "day": day.isoformat(),
            "group": group,
            "amount": drawn(sums[day, group]),
            "exact": exact(sums[day, group], currency),
            "place": names.index(group),
        }
        for day, group in order
    ]
    summary = f"Cost by day in {currency}, {_span([day for day, _ in order])}, by {len(names)} groups."
    body: Spec = {
        "params": [_PICKED],
        "mark": {"type": "bar", "width": {"band": 0.78}},
        "encoding": {
            "x": _day_axis([day for day, _ in order]),
            "y": amount_axis("amount", stack="zero"),
            "color": _colours(names),
            "opacity": _PALE_UNLESS_PICKED,
            "order": {"field": "place"},
            "tooltip": [_DAY_WORDS, {"field": "group"}, {"field": "exact", "title": "cost"}],
        },
    }
    cells = tuple((day.isoformat(), group, exact(sums[day, group], currency)) for day, group in order)
    table = ChartTable(("day", "group", "cost"), cells, frozenset({2}))
    return Chart("Cost by day", summary, framed(body, summary, rows, height=_HEIGHT), table)


def unit_cost_trend(points: Iterable[UnitCost], unit: str) -> Chart:
    """A line per group. `unit` is what amounts are in: `USD per 1k inferences`. An unknown day breaks the line.

    The dearest groups only: what units of several groups cost cannot be added up. The table has all.
    """
    given = sorted(points, key=lambda each: (each.day, each.group))
    wanted = _names((each.group, each.amount or Decimal(0)) for each in given)
    names = [name for name in wanted if name != _OTHERS]
    kept = [each for each in given if each.group in names]
    rows = [
        {
            "day": each.day.isoformat(),
            "group": each.group,
            "amount": drawn(each.amount),
            "exact": exact(each.amount, unit),
        }
        for each in kept
    ]
    summary = f"Cost per unit by day in {unit}, {_span([each.day for each in kept])}."
    body: Spec = {
        "params": [_PICKED],
        "mark": {"type": "line", "point": {"size": 36}, "strokeWidth": 2, "invalid": "break-paths-show-path-domains"},
        "encoding": {
            "x": _day_axis([each.day for each in kept]),
            "y": amount_axis("amount"),
            "color": _colours(names),
            "opacity": _PALE_UNLESS_PICKED,
            "shape": {"field": "group", "type": "nominal", "scale": {"domain": names}},
            "tooltip": [_DAY_WORDS, {"field": "group"}, {"field": "exact", "title": "cost"}],
        },
    }
    cells = tuple((each.day.isoformat(), each.group, exact(each.amount, unit)) for each in given)
    table = ChartTable(("day", "group", "cost"), cells, frozenset({2}))
    return Chart("Unit cost by day", summary, framed(body, summary, rows, height=_HEIGHT), table)


_PICKED: Spec = {"name": "picked", "select": {"type": "point", "fields": ["group"]}, "bind": "legend"}
"""A click into the legend brings its group forward; another one, or one beside it, brings all back."""

_PALE_UNLESS_PICKED: Spec = {"condition": {"param": "picked", "value": 1}, "value": 0.15}
_DAY_WORDS: Spec = {"field": "day", "type": "nominal", "title": "day"}


def _names(amounts: Iterable[tuple[str, Decimal]]) -> list[str]:
    """The groups that get a colour, dearest first; `all others` stands last where there are more."""
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for group, amount in amounts:
        totals[group] += amount
    found = sorted(totals, key=lambda group: (-totals[group], group))
    room = len(SERIES)
    return found if len(found) < room else [*found[: room - 1], _OTHERS]


def _colours(names: Sequence[str]) -> Spec:
    used = [colour.light for colour in SERIES[: len(names)]]
    if names and names[-1] == _OTHERS:
        used[-1] = SERIES[-1].light
    scale = {"domain": list(names), "range": used}
    return {"field": "group", "type": "nominal", "scale": scale}


def _day_axis(days: Sequence[date]) -> Spec:
    """Every day from the first to the last has its place, also one without a figure."""
    first, last = (min(days), max(days)) if days else (date.min, date.min)
    every = [(first + timedelta(days=day)).isoformat() for day in range((last - first).days + 1)] if days else []
    axis = {"labelExpr": _DAY_LABEL, "labelOverlap": True, "labelAngle": 0, "grid": False}
    return {"field": "day", "type": "ordinal", "scale": {"domain": every}, "axis": axis}


def _span(days: Sequence[date]) -> str:
    return f"from {min(days)} to {max(days)}" if days else "without any day"
