"""The pages as a person meets them: wide and narrow, light and dark, by mouse and by keyboard."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from fairlead.domain.journal import chain
from fairlead.flows.fleet import Health
from tests.e2e.browser.conftest import Opened
from tests.unit.web import sample
from tests.unit.web.conftest import TOKEN, Answers

pytestmark = [pytest.mark.browser, pytest.mark.e2e]

PAGES = {
    "fleet": "/",
    "incidents": "/incidents?all=1",
    "journal": "/journal",
    "record": "/journal/60",
    "audit": "/audit",
    "costs": "/cost",
    "cost-lines": "/cost/lines",
    "cost-events": "/anomalies",
    "cost-event": "/anomalies/3f9a",
    "policy": "/policy",
    "releases": "/models/assistant",
    "cost": "/models/assistant/cost",
    "rows": "/models/assistant/cost/rows",
    "logs": "/models/assistant/logs",
    "files": "/models/assistant/files",
    "release": f"/models/assistant/releases/assistant@{sample.ADA.id[:12]}",
}


def overflow(page: Page) -> int:
    """Pixels by which the page is wider than the window."""
    return int(page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 400])
def test_every_page_fits_its_window(opened: Opened, width: int, scheme: str) -> None:
    """No page is wider than the window or complains; each has its scheme. Shots are kept on demand."""
    page = opened(width, scheme)
    for name, path in PAGES.items():
        page.goto(path)
        assert overflow(page) <= 0, name
        keep(page, f"{name}-{width}-{scheme}")
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = sum(int(part) for part in re.findall(r"\d+", background)[:3]) > 380
    assert light is (scheme == "light")


def keep(page: Page, name: str) -> None:
    """A picture of the page where FAIRLEAD_SHOTS names a folder."""
    folder = os.environ.get("FAIRLEAD_SHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)


def test_the_token_leaves_the_address(opened: Opened) -> None:
    """What stays in the history is no key."""
    page = opened()
    assert TOKEN not in page.url
    assert page.evaluate("document.cookie") == ""


def test_a_click_leads_from_a_number_to_its_rows(opened: Opened) -> None:
    """Fleet, cost of the model, source rows: two clicks."""
    page = opened()
    page.locator("tr[data-key='prod/assistant'] td[data-label=Month] a").first.click()
    expect(page.get_by_role("heading", name="By release")).to_be_visible()
    page.locator("#use").get_by_role("link", name="rows").first.click()
    expect(page.get_by_role("heading", name="Cost lines")).to_be_visible()
    expect(page.get_by_text("by upstream service time")).to_be_visible()


def test_a_click_leads_from_a_state_to_its_record(opened: Opened) -> None:
    """Fleet, records of the model, the record itself."""
    page = opened()
    page.locator("tr[data-key='prod/assistant'] td[data-label=Health] a").click()
    page.locator(".records summary").first.click()
    page.locator(".records details[open] a", has_text="#").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile(r"Record \d+"))
    expect(page.get_by_text("Digest of the one before")).to_be_visible()


def test_filters_are_chosen_and_stay(opened: Opened) -> None:
    """A choice applies at once, stands in the address without empty fields, and goes along to other views."""
    page = opened()
    page.get_by_label("Environment").select_option("staging")
    page.wait_for_url("**/?environment=staging**")
    assert "owner" not in page.url
    expect(page.locator("tr[data-key^='prod/']")).to_have_count(0)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Journal").click()
    expect(page).to_have_url(re.compile("environment=staging"))


def test_everything_is_reached_by_keyboard(opened: Opened) -> None:
    """Skip link, search, rows, help, theme, and from view to view."""
    page = opened()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    page.keyboard.type("digits")
    page.keyboard.press("Enter")
    page.wait_for_url("**text=digits**")
    expect(page.locator("tr[data-row]")).to_have_count(2)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    expect(page.locator("tr[data-row]").first).to_have_class(re.compile("at-hand"))
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("Enter")
    page.wait_for_url("**/models/digits**")
    page.keyboard.press("g")
    page.keyboard.press("j")
    page.wait_for_url("**/journal")


def test_focus_is_seen(opened: Opened) -> None:
    """What the keyboard is at has an outline."""
    page = opened()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_the_chosen_theme_is_remembered(opened: Opened) -> None:
    """Against the system's, over pages."""
    page = opened(scheme="light")
    page.keyboard.press("t")
    page.goto("/journal")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    page.get_by_role("button", name="Switch between light and dark").click()
    assert page.evaluate("document.documentElement.dataset.theme") == "light"


def test_the_command_is_copied(opened: Opened) -> None:
    """By its button and by a key, as a person would type it."""
    page = opened()
    page.goto("/?environment=staging")
    page.locator(".elsewhere .copy").click()
    assert page.evaluate("navigator.clipboard.readText()") == "fairlead status --environment staging"


def test_a_decision_appears_without_a_reload(opened: Opened, answers: Answers) -> None:
    """The page follows the journal; focus, scroll and what was typed stay where they are."""
    page = opened()
    link = page.locator("tr[data-key='staging/ranker'] .name")
    link.focus()
    page.locator("#search").evaluate("field => { field.value = 'half typed'; }")
    page.evaluate("window.scrollTo(0, 200)")
    place = page.evaluate("window.scrollY")
    rows = tuple(replace(row, health=Health.DOWN) if row.model == "ranker" else row for row in answers.fleet.rows)
    answers.fleet = replace(answers.fleet, rows=rows)
    newest = answers.records[0]
    answers.records = (chain(newest.sequence + 1, sample.NOW, newest.draft, newest.digest), *answers.records)
    expect(page.locator("tr[data-key='staging/ranker'] .badge", has_text="down")).to_be_visible()
    expect(link).to_be_focused()
    assert page.locator("#search").input_value() == "half typed"
    assert page.evaluate("window.scrollY") == place


def test_an_open_record_stays_open(opened: Opened, answers: Answers) -> None:
    """New records come in above the one that is read."""
    page = opened()
    page.goto("/journal")
    page.locator("#r60 summary").click()
    newest = answers.records[0]
    answers.records = (chain(61, sample.NOW, newest.draft, newest.digest), *answers.records)
    expect(page.locator("#r61")).to_be_visible()
    assert page.locator("#r60").get_attribute("open") is not None


def test_a_model_is_suspended_from_its_page(opened: Opened, answers: Answers) -> None:
    """The form says why and for how long; the browser states the origin, and the guard lets it in."""
    page = opened()
    page.goto("/models/digits?environment=prod")
    page.get_by_text("Suspend …").click()
    page.get_by_label("Reason").fill("audit of the data")
    page.get_by_role("button", name="Suspend", exact=True).click()
    page.wait_for_url("**/models/digits")
    assert [act[:2] for act in answers.acts] == [("suspend", "digits")]


def test_nothing_of_a_hostile_commit_runs(opened: Opened, answers: Answers) -> None:
    """Subjects, records and log lines are text, whatever they hold; a blocked script would complain in the console."""
    hostile = replace(sample.ADA, subject=sample.HOSTILE)
    answers.fleet = replace(answers.fleet, head=hostile, workspace=sample.HOSTILE)
    page = opened()
    for path in PAGES.values():
        page.goto(path)
        assert page.locator("img").count() == 0
        assert overflow(page) <= 0


def test_pages_work_without_their_script(opened: Opened) -> None:
    """Filters have a button, details open, forms send: the script only makes it quicker."""
    page = opened()
    context = page.context.browser.new_context(java_script_enabled=False) if page.context.browser else page.context
    plain = context.new_page()
    parts = urlsplit(page.url)
    plain.goto(f"{parts.scheme}://{parts.netloc}/?token={TOKEN}")
    plain.get_by_label("Environment").select_option("staging")
    plain.get_by_role("button", name="Apply").click()
    expect(plain.locator("tr[data-key='staging/ranker']")).to_be_visible()
    expect(plain.locator("tr[data-key='prod/digits']")).to_have_count(0)
    context.close()
