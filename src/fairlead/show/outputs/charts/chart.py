"""What every chart has in common: its form, its axes and type, and the text that carries it into a page."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from fairlead.kernel.money import plain
from fairlead.show.outputs.charts.palette import AXIS, GRID, TEXT, TOKENS

__all__ = ["Chart", "ChartTable", "Spec", "amount_axis", "drawn", "exact", "framed", "spec_text"]

Spec: TypeAlias = dict[str, Any]
"""A Vega-Lite specification, or a part of one."""

_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_FONT = 'Inter, system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif'
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


@dataclass(frozen=True, slots=True)
class ChartTable:
    """The figures of a chart as text, exact. `numbers` says which columns are."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Chart:
    """One picture: `summary` says in a sentence what it shows, for those who do not see it."""

    title: str
    summary: str
    spec: Mapping[str, Any]
    table: ChartTable

    @property
    def text(self) -> str:
        """The specification as a page carries it."""
        return spec_text(self.spec)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not self.table.rows


def drawn(amount: Decimal | None) -> float | None:
    """An amount for drawing only: its figure is `exact`."""
    return None if amount is None else float(amount)


def exact(amount: Decimal | None, unit: str) -> str:
    """An amount as tooltips and tables show it: every digit, in groups of three; `not known` for None."""
    if amount is None:
        return "not known"
    whole, point, part = plain(amount).partition(".")
    return f"{int(whole):,}{point}{part} {unit}" if whole != "-0" else f"-0{point}{part} {unit}"


def amount_axis(field: str, **more: object) -> Spec:
    """An axis of amounts. `k` and `M` from a thousand on; below one plain digits, never `m` for thousandths."""
    return {"field": field, "type": "quantitative", "axis": {"labelExpr": _LABEL, "tickCount": 5}, **more}


_LABEL = "abs(datum.value) < 1000 ? format(datum.value, '.6~r') : replace(format(datum.value, '~s'), 'G', 'B')"


def framed(body: Spec, summary: str, rows: Sequence[Mapping[str, Any]], *, height: int) -> Spec:
    """`body` over `rows`, as wide as its place, in the type and the colours of the page."""
    return {
        "$schema": _SCHEMA,
        "description": summary,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "background": None,
        "usermeta": {"tokens": dict(TOKENS)},
        "data": {"values": [dict(row) for row in rows]},
        **body,
        "config": _CONFIG,
    }


_CONFIG: Spec = {
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "domain": False,
        "ticks": False,
        "gridColor": GRID.light,
        "labelColor": AXIS.light,
        "labelFontSize": 12,
        "labelPadding": 6,
        "titleColor": AXIS.light,
        "titleFontWeight": "normal",
        "title": None,
    },
    "axisY": {"labelLimit": 140},
    "legend": {
        "orient": "top",
        "direction": "horizontal",
        "columns": 5,
        "title": None,
        "labelColor": AXIS.light,
        "labelFontSize": 12,
        "labelLimit": 120,
        "symbolType": "square",
    },
    "text": {"color": TEXT.light, "fontSize": 12},
    "aria": True,
}


def spec_text(spec: Mapping[str, Any]) -> str:
    """JSON that may stand in `<script type="application/json">`: nothing in it ends the element or begins another."""
    text = json.dumps(spec, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    return text
