"""Charts in a real Chromium, under the headers that every page has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest
from jinja2 import Environment, FileSystemLoader, select_autoescape
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from fairlead.show.api.headers import HARDENING
from fairlead.show.site.page_server import PageServer, bind, url_of
from tests.unit.outputs.charts.samples import charts

WEB = Path(__file__).parents[3] / "src" / "fairlead" / "show" / "web"
SHEETS = ("tokens", "frame", "charts")
PAGE = """<!doctype html><html lang="en"><head><title>Charts</title><link rel="icon" href="/static/mark.svg">
{% for sheet in sheets %}<link rel="stylesheet" href="/static/{{ sheet }}.css">{% endfor %}
<script type="module" src="/static/chart.js"></script></head><body><main>
{% import "spec_chart.html" as spec %}{% for name, chart in charts.items() %}{{ spec.figure(chart, name) }}{% endfor %}
</main></body></html>"""

Shown = Callable[..., Page]


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """A page with one chart of each kind, on loopback."""
    listening = bind("127.0.0.1", 0)
    routes = [Route("/", page), Mount("/static", StaticFiles(directory=WEB / "static"))]
    server = PageServer(Starlette(routes=routes), listening, None)
    thread = Thread(target=server.serve, daemon=True)
    thread.start()
    yield url_of(listening, None)
    server.end()
    thread.join(10)
    listening.close()


async def page(_: Request) -> HTMLResponse:
    """The page, hardened as all are."""
    environment = Environment(loader=FileSystemLoader(WEB / "templates"), autoescape=select_autoescape(default=True))
    text = environment.from_string(PAGE).render(sheets=SHEETS, charts=charts())
    return HTMLResponse(text, headers=HARDENING)


@pytest.fixture
def shown(chromium: Browser, served: str) -> Iterator[Shown]:
    """The page in a window; whatever its console says, or asks of anybody else, fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_page(width: int = 1200, scheme: str = "light", *, scripts: bool = True) -> Page:
        context = chromium.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        window = context.new_page()
        window.on("console", lambda told: complaints.append(told.text) if told.type in {"error", "warning"} else None)
        window.on("pageerror", lambda error: complaints.append(str(error)))
        window.on("request", lambda asked: None if asked.url.startswith(served) else complaints.append(asked.url))
        window.goto(served)
        return window

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


def all_drawn(window: Page) -> None:
    """Wait until every chart is."""
    window.wait_for_function("document.querySelectorAll('figure.chart.drawn').length === 5")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_every_chart_is_drawn_under_the_strict_policy(shown: Shown, width: int, scheme: str) -> None:
    """No evaluation, no inline style, no network: the console stays silent; nothing is wider than its window."""
    window = shown(width, scheme)
    all_drawn(window)
    for name in charts():
        marks = window.locator(f"#{name} svg [role=graphics-symbol][aria-label]")
        assert marks.count() > 1
    assert window.evaluate("document.documentElement.scrollWidth") <= width
    widths = window.evaluate(
        "[...document.querySelectorAll('.chart-place')]"
        ".map(place => place.clientWidth - place.querySelector('svg').getBoundingClientRect().width)"
    )
    assert all(abs(each) <= 2 for each in widths)


def test_colours_follow_the_theme(shown: Shown) -> None:
    """A change of the theme draws the charts again, in the page's own colours."""
    window = shown()
    all_drawn(window)
    fills = "[...document.querySelectorAll('#movers svg path[fill]')].map(p => p.getAttribute('fill'))"
    light = window.evaluate(fills)
    assert "rgb(168, 87, 26)" in light
    window.evaluate("document.documentElement.dataset.theme = 'dark'")
    window.wait_for_function(f"{fills}.includes('rgb(224, 134, 79)')")


def test_the_keyboard_walks_over_the_figures(shown: Shown) -> None:
    """Tab reaches the chart, arrows its marks; what they mean is told with every digit; Escape leaves."""
    window = shown()
    all_drawn(window)
    window.locator("#bridge .chart-place").focus()
    window.keyboard.press("ArrowRight")
    tip = window.locator("#bridge .chart-tip")
    assert "812.3456789012345678901 USD" in tip.inner_text()
    window.keyboard.press("ArrowRight")
    assert "121.1 USD" in tip.inner_text()
    window.keyboard.press("Escape")
    assert not tip.is_visible()


def test_the_pointer_shows_what_it_is_on(shown: Shown) -> None:
    """A tooltip holds the exact figure."""
    window = shown()
    all_drawn(window)
    window.locator("#movers svg .mark-rect path[aria-label]").first.hover()
    tip = window.locator("#movers .chart-tip")
    tip.wait_for(state="visible")
    assert "+210 USD" in tip.inner_text()


def test_a_click_into_the_legend_brings_a_group_forward(shown: Shown) -> None:
    """The other groups turn pale."""
    window = shown()
    all_drawn(window)
    window.locator("#trend .role-legend-entry text", has_text="rare").first.click()
    pale = "[...document.querySelectorAll('#trend .mark-rect path')].some(p => p.getAttribute('opacity') === '0.15')"
    window.wait_for_function(pale)


def test_without_scripts_the_figures_are_a_table(shown: Shown) -> None:
    """Nothing is lost where nothing is drawn."""
    window = shown(scripts=False)
    assert "812.3456789012345678901 USD" in window.locator("#bridge table").inner_text()
    assert window.locator("#trend table").is_visible()
