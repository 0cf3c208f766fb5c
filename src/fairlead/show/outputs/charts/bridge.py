"""The invoice bridge: what an invoice paid for, part after part, until they make the invoice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fairlead.show.outputs.charts.chart import Chart, ChartTable, Spec, amount_axis, drawn, exact, framed
from fairlead.show.outputs.charts.palette import AXIS, SERIES, TEXT

__all__ = ["BridgePart", "invoice_bridge"]

_USED, _IDLE, _SHARED, _CREDIT, _RESIDUAL, _, _OTHER = (colour.light for colour in SERIES)
_COLOURS = {
    "used": _USED,
    "idle": _IDLE,
    "unused-commitment": _IDLE,
    "shared": _SHARED,
    "commitment": _SHARED,
    "credit": _CREDIT,
    "tax": _OTHER,
    "unallocated": _RESIDUAL,
    "residual": _RESIDUAL,
    "invoice": TEXT.light,
}
_ROW = 30
_ROOM = 1.18
"""What the axis is longer than the longest bar, so that its share stands beside it."""


@dataclass(frozen=True, slots=True)
class BridgePart:
    """What part of an invoice went where. `kind` is a `Charge`'s value; a part may be negative, as credits are."""

    label: str
    amount: Decimal
    kind: str


def invoice_bridge(parts: Sequence[BridgePart], invoiced: Decimal, currency: str) -> Chart:
    """A waterfall: one row per part in the order given, and the invoice at the end.

    Parts of zero are left out of the picture, not of the table.
    """
    rows = list(_rows(parts, invoiced, currency))
    summary = f"The invoice of {exact(invoiced, currency)} and the {len(parts)} parts that it is made of."
    table = ChartTable(
        ("part", "amount"),
        (*((part.label, exact(part.amount, currency)) for part in parts), ("invoice", exact(invoiced, currency))),
        frozenset({1}),
    )
    spec = framed(_body(rows, currency), summary, rows, height=_ROW * len(rows))
    return Chart("Invoice bridge", summary, spec, table)


def _rows(parts: Sequence[BridgePart], invoiced: Decimal, currency: str) -> Iterator[Mapping[str, Any]]:
    reached = Decimal(0)
    for part in (*(each for each in parts if each.amount), BridgePart("invoice", invoiced, "invoice")):
        start = Decimal(0) if part.kind == "invoice" else reached
        reached = start + part.amount
        share = f"{part.amount / invoiced:.1%}" if invoiced else ""
        yield {
            "label": part.label,
            "start": drawn(start),
            "end": drawn(reached),
            "most": drawn(max(start, reached)),
            "colour": _COLOURS.get(part.kind, _OTHER),
            "exact": exact(part.amount, currency),
            "share": share,
        }


def _body(bars_of: Sequence[Mapping[str, Any]], currency: str) -> Spec:
    labels = [row["label"] for row in bars_of]
    room = {"domainMax": max(row["most"] for row in bars_of) * _ROOM or 1}
    rows = {"field": "label", "type": "nominal", "sort": labels, "title": None}
    tooltip = [
        {"field": "label", "title": "part"},
        {"field": "exact", "title": "amount"},
        {"field": "share", "title": "of the invoice"},
    ]
    bars = {
        "mark": {"type": "bar", "cornerRadius": 2, "height": {"band": 0.62}},
        "encoding": {
            "x": amount_axis("start", title=currency, scale=room),
            "x2": {"field": "end"},
            "y": rows,
            "color": {"field": "colour", "type": "nominal", "scale": None},
            "tooltip": tooltip,
            "description": {"field": "exact"},
        },
    }
    steps = {
        "mark": {"type": "tick", "color": AXIS.light, "thickness": 1, "height": {"band": 1}, "aria": False},
        "encoding": {"x": {"field": "end", "type": "quantitative"}, "y": rows},
    }
    words = {
        "mark": {"type": "text", "align": "left", "dx": 6, "aria": False},
        "encoding": {
            "x": {"field": "most", "type": "quantitative"},
            "y": rows,
            "text": {"field": "share"},
            "color": {"value": AXIS.light},
        },
    }
    return {"layer": [bars, steps, words]}
