"""Rollouts as a person meets them: seen live, moved by keyboard alone, and never moved by a slip."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import Opened
from tests.e2e.browser.test_pages import keep, overflow
from tests.unit.web import sample_rollouts
from tests.unit.web.conftest import Answers

pytestmark = [pytest.mark.browser, pytest.mark.e2e]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 400])
def test_rollouts_fit_their_window(opened: Opened, answers: Answers, width: int, scheme: str) -> None:
    """Pictures, stages and opened forms are no wider than the window; the band is drawn inside of its picture."""
    answers.records = sample_rollouts.reverts()
    page = opened(width, scheme)
    page.goto("/models/assistant")
    page.get_by_text("Abort …").click()
    assert overflow(page) <= 0
    for picture in page.locator("figure.sequence svg").all():
        outer, band = picture.bounding_box(), picture.locator(".band").bounding_box()
        assert outer is not None
        assert band is not None
        assert outer["width"] > 250
        assert outer["y"] <= band["y"] < band["y"] + band["height"] <= outer["y"] + outer["height"]
    keep(page, f"rollouts-{width}-{scheme}")


def test_a_rollout_is_aborted_by_keyboard_alone(opened: Opened, answers: Answers) -> None:
    """Enter opens what is asked, Escape closes it and keeps the place; without a reason nothing is sent."""
    page = opened()
    page.goto("/models/assistant")
    abort = page.locator(".rollout").first.locator(".acts summary", has_text="Abort")
    abort.focus()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    reason = page.get_by_label("Reason").locator("visible=true")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(reason).to_be_focused()
    page.keyboard.press("Escape")
    expect(reason).to_have_count(0)
    expect(abort).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert answers.acts == []
    page.keyboard.type("wrong labels")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Abort and revert")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    expect(page.locator("#rollouts")).to_be_visible()
    assert [act[:3] for act in answers.acts] == [("speak", "abort", "assistant")]


def test_one_question_is_open_at_a_time(opened: Opened) -> None:
    """Opening one closes the other of the same rollout."""
    page = opened()
    page.goto("/models/assistant")
    acts = page.locator(".rollout").first.locator(".acts")
    acts.get_by_text("Pause …").click()
    acts.get_by_text("Promote …").click()
    expect(acts.locator("details[open]")).to_have_count(1)
    expect(acts.get_by_role("button", name="Give it all traffic")).to_be_visible()


def test_a_rollout_moves_on_while_it_is_looked_at(opened: Opened, answers: Answers) -> None:
    """Without a record and without loading anew; what somebody is typing stays."""
    page = opened()
    page.goto("/models/assistant")
    page.get_by_text("Abort …").click()
    reason = page.get_by_label("Reason").locator("visible=true")
    reason.fill("half a sent")
    view = answers.rollouts[0]
    further = replace(view.rollout, step=2)
    new, old = (each.name for each in (view.rollout.new, view.rollout.old))
    answers.rollouts = (replace(view, rollout=further, shares=((old, 40), (new, 60))), *answers.rollouts[1:])
    expect(page.locator(".rollout").first.locator("summary").first).to_contain_text("rolling 60 %", timeout=10_000)
    expect(reason).to_have_value("half a sent")
    expect(reason).to_be_focused()


def test_what_comes_and_goes_above_leaves_what_is_typed(opened: Opened, answers: Answers) -> None:
    """The first measures appear, nothing is waited for any more and Git wants another release: the reason stays."""
    view = answers.rollouts[0]
    answers.rollouts = (replace(view, finding=None, points=()),)
    page = opened()
    page.goto("/models/assistant")
    rollout = page.locator(".rollout").first
    expect(rollout.locator(".waits")).to_be_visible()
    rollout.get_by_text("Abort …").click()
    reason = page.get_by_label("Reason").locator("visible=true")
    reason.fill("half a sent")
    assert view.finding is not None
    passed = replace(view.finding, metrics=view.finding.metrics[:2])
    answers.rollouts = (replace(view, finding=passed),)
    expect(rollout.locator(".measures > li")).to_have_count(2, timeout=10_000)
    expect(rollout.locator(".waits")).to_have_count(0)
    expect(reason).to_have_value("half a sent")
    expect(reason).to_be_focused()
