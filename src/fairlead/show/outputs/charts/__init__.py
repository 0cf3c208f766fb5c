"""Charts of the ledger: pure data in, a Vega-Lite specification and a table of the same figures out.

    invoice_bridge([BridgePart("idle", Decimal("121.10"), "idle"), ...], invoiced, "USD")
        what an invoice paid for, as a waterfall that ends at the invoice; the kind is a `Charge`'s value
    cost_trend([DayCost(date(2026, 11, 1), "digits", Decimal("12.5")), ...], "USD")
        cost by day, stacked by group: the six dearest, and all others
    unit_cost_trend([UnitCost(date(2026, 11, 1), "digits", Decimal("0.02")), ...], "USD per 1k inferences")
        a line per group; None breaks it, since unknown is not zero
    top_movers([Move("digits", Decimal(100), Decimal(310)), ...], "USD")
        what became dearer and what cheaper, as diverging bars in the order given
    budgets([BudgetState("prod", Decimal(5000), Decimal("3120.5"), committed, landing), ...], "USD")
        spent, committed and landing against each budget, as bullets

Each gives a `Chart`, in one currency: `spec` (a dict; colours are the light ones), `table` (the exact figures, as
text), `title`, `summary`, `text` (the specification as a page carries it) and `empty`. Amounts stay exact in tooltips
and tables; only what is drawn is rounded to a float.

A page imports `figure` from `templates/spec_chart.html` and writes `figure(chart, "bridge")` for each, where the name
is the figure's id; it needs `static/charts.css` after `tokens.css`, and a module script of `/static/chart.js`.
chart.js draws what is there when it is loaded, and again when the theme or the width changes; figures must not stand
inside an element that `data-live` replaces. A report embeds `svg.chart_svg(chart, width)`, the same picture.
"""

from __future__ import annotations

from fairlead.show.outputs.charts.bridge import BridgePart, invoice_bridge
from fairlead.show.outputs.charts.budgets import BudgetState, budgets
from fairlead.show.outputs.charts.chart import Chart, ChartTable, spec_text
from fairlead.show.outputs.charts.movers import Move, top_movers
from fairlead.show.outputs.charts.trend import DayCost, UnitCost, cost_trend, unit_cost_trend

__all__ = [
    "BridgePart",
    "BudgetState",
    "Chart",
    "ChartTable",
    "DayCost",
    "Move",
    "UnitCost",
    "budgets",
    "cost_trend",
    "invoice_bridge",
    "spec_text",
    "top_movers",
    "unit_cost_trend",
]
