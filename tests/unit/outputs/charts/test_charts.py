"""Specifications of charts: valid, exact where a figure is read, and safe to stand in a page."""

from __future__ import annotations

import importlib.util
import json
import re
from decimal import Decimal
from itertools import combinations
from pathlib import Path

import pytest
import vl_convert

from fairlead.show.outputs.charts import Chart, budgets, cost_trend, invoice_bridge, top_movers, unit_cost_trend
from fairlead.show.outputs.charts.palette import AXIS, GRID, SERIES, SURFACE, TEXT, TOKENS
from fairlead.show.outputs.charts.svg import chart_svg
from tests.unit.outputs.charts.samples import INVOICED, PARTS, charts

ROOT = Path(__file__).parents[4]
STATIC = ROOT / "src" / "fairlead" / "show" / "web" / "static"
NAMES = ("bridge", "trend", "units", "movers", "budgets")

# Machado, Oliveira, Fernandes 2009, severity 1.0, on linear RGB.
DEFICIENCIES = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "none": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
}
APART = 12
"""CIE76 distance of two series' colours: about five times what is just seen to be different."""


def sample(name: str) -> Chart:
    """The chart of that name."""
    return charts()[name]


@pytest.mark.parametrize("name", NAMES)
def test_specifications_compile_without_a_warning(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Vega-Lite itself takes each of them, and nothing in them asks for the network."""
    spec = {**sample(name).spec, "width": 600}
    vl_convert.vegalite_to_vega(spec, vl_version="6.4")
    assert "WARN" not in capfd.readouterr().err
    assert '"url"' not in sample(name).text


@pytest.mark.parametrize("name", NAMES)
def test_a_specification_ends_no_element(name: str) -> None:
    """Whatever a model is called, its name stays text inside the page's JSON."""
    text = sample(name).text
    assert not set("<>&") & set(text)
    assert json.loads(text) == sample(name).spec


def test_a_bridge_ends_at_the_invoice() -> None:
    """Each bar begins where the last one ended, the last is the whole invoice, and parts of zero have no bar."""
    rows = sample("bridge").spec["data"]["values"]
    assert [row["label"] for row in rows] == ["allocated", "idle", "credits", "invoice"]
    assert [row["start"] for row in rows[1:3]] == [row["end"] for row in rows[:2]]
    assert rows[-1]["start"] == 0
    assert rows[-1]["end"] == rows[-2]["end"]


def test_figures_stay_exact() -> None:
    """What is read is exact to the last digit; only what is drawn is rounded."""
    table = invoice_bridge(PARTS, INVOICED, "USD").table
    assert table.rows[0] == ("allocated", "812.3456789012345678901 USD")
    assert table.rows[-1] == ("invoice", "902.4256789012345678901 USD")
    assert ("residual", "0 USD") in table.rows


def test_many_groups_become_one_that_holds_the_rest() -> None:
    """There are no more series than colours, and no day loses any cost."""
    chart = sample("trend")
    rows = chart.spec["data"]["values"]
    names = {row["group"] for row in rows}
    assert (len(names), "all others" in names) == (len(SERIES), True)
    first = [Decimal(str(row["amount"])) for row in rows if row["day"] == "2026-11-01"]
    expected = sum((Decimal(10 + place * 7) / 3 for place in range(9)), Decimal(0))
    assert abs(sum(first, Decimal(0)) - expected) < Decimal("1e-9")


def test_what_is_not_known_is_not_zero() -> None:
    """A day without a figure breaks the line."""
    values = {row["day"]: row for row in sample("units").spec["data"]["values"]}
    assert values["2026-11-04"]["amount"] is None
    assert values["2026-11-04"]["exact"] == "not known"


@pytest.mark.parametrize(
    "chart",
    [
        cost_trend([], "USD"),
        unit_cost_trend([], "USD"),
        top_movers([], "USD"),
        budgets([], "USD"),
        invoice_bridge([], Decimal(0), "USD"),
    ],
)
def test_nothing_can_be_drawn_too(chart: Chart) -> None:
    """No figures give a chart that says so, and that still compiles."""
    vl_convert.vegalite_to_vega({**chart.spec, "width": 600}, vl_version="6.4")


@pytest.mark.parametrize("name", NAMES)
def test_the_picture_has_both_themes(name: str) -> None:
    """The SVG of a report is light by its attributes and dark by its style sheet; it refers to nothing outside."""
    svg = chart_svg(sample(name))
    used = {colour for colour in TOKENS if f'"{colour}"' in svg}
    assert used
    assert all(f'[fill="{colour}"]' in svg for colour in used)
    assert "prefers-color-scheme:dark" in svg
    assert not re.search(r"(?:href|url)\s*[=(]\s*[\"']?https?:", svg)


def test_colours_are_the_pages_tokens() -> None:
    """A colour of a chart and the token of the same name are the same, light and dark."""
    sheet = "".join((STATIC / name).read_text("utf-8") for name in ("tokens.css", "charts.css"))
    for colour in (TEXT, AXIS, GRID, SURFACE, *SERIES):
        assert f"{colour.token}: light-dark({colour.light}, {colour.dark});" in sheet
    assert len(TOKENS) == len(SERIES) + 4


@pytest.mark.parametrize("deficiency", DEFICIENCIES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_series_keep_apart_for_every_eye(theme: str, deficiency: str) -> None:
    """Any two series' colours differ visibly, also without red or green cones."""
    seen = {colour.token: lab(getattr(colour, theme), DEFICIENCIES[deficiency]) for colour in SERIES}
    near = [(a, b) for a, b in combinations(seen, 2) if distance(seen[a], seen[b]) < APART]
    assert near == []


def test_the_bundle_is_what_its_maker_makes() -> None:
    """The committed bundle comes, byte for byte, from the locked vl-convert."""
    place = ROOT / "tools" / "vega_bundle.py"
    made = importlib.util.spec_from_file_location("vega_bundle", place)
    assert made is not None
    assert made.loader is not None
    module = importlib.util.module_from_spec(made)
    made.loader.exec_module(module)
    assert module.bundle() == (STATIC / "vega.js").read_text("utf-8")


def lab(colour: str, matrix: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    """CIELAB of a colour as it is seen."""
    linear = [channel(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5)]
    seen = [min(max(sum(k * c for k, c in zip(row, linear, strict=True)), 0), 1) for row in matrix]
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.9505, 1.0, 1.089)
    x, y, z = (root(sum(k * c for k, c in zip(row, seen, strict=True)) / w) for row, w in zip(rows, white, strict=True))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def channel(value: float) -> float:
    """SRGB made linear."""
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def root(value: float) -> float:
    """CIE's cube root."""
    return float(value ** (1 / 3)) if value > 0.008856 else 7.787 * value + 16 / 116


def distance(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    """CIE76."""
    return float(sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5)
