"""Charts of the ledger: pure data in, a Vega-Lite specification and a table of the same figures out.

    invoice_bridge(parts, currency)      what an invoice paid for, as a waterfall that ends at the invoice
    cost_trend(days, currency)           cost by day, stacked by group
    unit_cost_trend(points, unit)        cost per unit by day, a line per group; a gap stays a gap
    top_movers(moves, currency)          what became dearer and what cheaper, as diverging bars
    budgets(budgets, currency)           spent, committed and landing against each budget, as bullets

Each gives a `Chart`: `spec` (a dict; colours are the light ones), `table` (the exact figures, as text), `title` and
`summary`. A page shows it with `templates/spec_chart.html`, where `static/chart.js` draws it and the table is its
fallback; a report embeds `svg.chart_svg(chart)`, the same picture. Amounts stay exact in tooltips and tables; only what
is drawn is rounded to a float.

Nothing in here is a page's or a command's: both may use it.
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
