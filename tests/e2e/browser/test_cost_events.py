"""Cost events as a person meets them: found on the timeline, judged by keyboard alone, and never by a slip."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import Opened
from tests.unit.web.conftest import Answers

pytestmark = [pytest.mark.browser, pytest.mark.e2e]


def test_an_event_is_judged_by_keyboard_alone(opened: Opened, answers: Answers) -> None:
    """From the fleet by two keys; without a reason nothing is sent, and Escape takes the question back."""
    page = opened()
    page.keyboard.press("g")
    page.keyboard.press("e")
    page.wait_for_url("**/anomalies")
    event = page.locator(".event").first
    summary = event.locator("summary", has_text="It is right")
    summary.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(event.get_by_label("Reason").locator("visible=true")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    expect(summary).to_be_focused()
    assert answers.acts == []
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("we look into it")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("#e-3f9a1c0d2b44"))
    assert [act[:3] for act in answers.acts] == [("judge", "3f9a1c0d2b44", "ack")]


def test_the_timeline_leads_to_its_events(opened: Opened) -> None:
    """A bar is reached by Tab, says what it is, and Enter leads to the event."""
    page = opened()
    page.goto("/anomalies")
    bar = page.get_by_role("link", name=re.compile("price change, muted"))
    bar.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("#e-77d2f4c09be1"))


def test_a_new_word_appears_while_it_is_looked_at(opened: Opened, answers: Answers) -> None:
    """The page follows; what somebody is typing stays."""
    page = opened()
    page.goto("/anomalies")
    page.locator(".event").first.get_by_text("It was expected").click()
    reason = page.get_by_label("Reason").locator("visible=true")
    reason.fill("half a sent")
    answers.events = (answers.events[0], *answers.events[2:])
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator(".event")).to_have_count(4, timeout=15_000)
    expect(reason).to_have_value("half a sent")
    expect(reason).to_be_focused()
