"""The Cost events page and its API: each event with its money, cause, commit and words; who may judge, and how."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from fairlead.domain.journal import Actor
from fairlead.flows.cost_watch.listing import EventView
from fairlead.kernel.digests import sha256_hex
from fairlead.show.api.access import Access
from fairlead.show.outputs.json import to_json
from fairlead.show.site.application import create_site
from fairlead.show.web.event_picture import event_picture, span_around
from fairlead.show.web.event_timeline import WIDTH, timeline_of
from tests.unit.web import sample, sample_events
from tests.unit.web.conftest import ADDRESS, TOKEN, Answers, client_of, world_of
from tests.unit.web.sample_cost import SampleCost

OPEN = "3f9a1c0d2b44"
SURGE = "b81c00aa17e2"


def card(page: str, event: str) -> str:
    """The part of the page that shows an event."""
    return page[page.index(f'id="e-{event}"') :].partition("</li>\n")[0]


def words(html: str) -> str:
    """What is read of it."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_an_event_says_what_since_when_how_much_and_with_whom_it_began(browser: TestClient) -> None:
    """Kind, standing, money a month and an hour, the commit with the way to its difference."""
    shown = card(browser.get("/anomalies").text, OPEN)
    text = words(shown)
    assert "open serving configuration · assistant prod 573.78 USD a month" in text
    assert "found 5 min later" in text
    assert "An hour costs 2.10 USD expected 1.32 USD" in text
    assert f"{sample.ALAN.id[:12]} “Use" in text or f"{sample.ALAN.id[:12]} Use the larger tokenizer" in text
    assert f'href="/models/assistant/releases/assistant@{sample.ALAN.id[:12]}#difference"' in shown
    assert "propose-revert: a person decides" in text


def test_the_series_around_it_is_drawn_with_both_marks(browser: TestClient) -> None:
    """The change point and the release that it began with, each in words."""
    shown = card(browser.get(f"/anomalies/{OPEN}").text, OPEN)
    assert re.search(r'mark-line change" d="M[\d.]+ 0V130"><title>the change began: 2026-11-23T11:00:00', shown)
    assert re.search(r'mark-line origin" d="M[\d.]+ 0V130"><title>assistant@\w+ went live: commit', shown)
    assert "Cost of 1,000 inferences" in words(shown)


def test_what_is_asked_more_is_drawn_as_money_an_hour() -> None:
    """A surge makes no inference dearer: 0.08 USD of five minutes are 0.96 USD an hour."""
    surge = sample_events.views()[1].kept.event
    picture = event_picture(surge, SampleCost().series("assistant", "prod"))
    assert picture is not None
    assert picture.unit == "USD an hour"
    assert picture.line.high * 100 == 96
    assert picture.origin is None


def test_a_change_outside_of_the_picture_is_not_marked() -> None:
    """Nothing is put at an edge where it was not."""
    old = sample_events.event(began=sample.NOW - timedelta(days=9))
    picture = event_picture(old, SampleCost().series("assistant", "prod"))
    assert picture is not None
    assert picture.change is None
    assert event_picture(old, SampleCost().series("assistant", "prod")[:1]) is None


def test_at_most_a_day_is_drawn_of_an_event() -> None:
    """Of one that goes on for a week the beginning, of one that is over a little of what came after."""
    event = sample_events.event(began=sample.NOW - timedelta(days=7))
    assert span_around(event, sample.NOW).until - event.began == timedelta(hours=12)
    ended = replace(event, ended=event.began + timedelta(hours=2))
    assert span_around(ended, sample.NOW).until - event.began == timedelta(hours=3)


def test_the_timeline_has_a_lane_per_place(browser: TestClient) -> None:
    """Bars lie inside of it, the shortest one is still seen, and each leads to its event in words."""
    timeline = timeline_of(sample_events.views(), sample.NOW)
    assert timeline is not None
    assert [(each.model, len(each.bars)) for each in timeline.lanes] == [
        ("assistant", 2), ("assistant", 1), ("digits", 1), ("", 1),
    ]  # fmt: skip
    bars = [bar for lane in timeline.lanes for bar in lane.bars]
    assert all(bar.x >= 0 and bar.x + bar.width <= WIDTH and bar.width >= 8 for bar in bars)
    assert timeline_of((), sample.NOW) is None
    page = browser.get("/anomalies").text
    assert f'href="#e-{OPEN}" class="is-bad" aria-label="serving configuration, open, since' in page


def test_what_owners_said_is_shown_as_text(browser: TestClient) -> None:
    """With who, what and why; a reason and a customer's name are never HTML."""
    page = browser.get("/anomalies").text
    text = words(card(page, SURGE))
    assert "Grace Hopper said it is right: &lt;script&gt;" in text
    assert "Cause customer &lt;script&gt;" in text
    assert "<script>alert" not in page


def test_precision_stands_by_week(browser: TestClient) -> None:
    """Of judged alarms only, with what it is made of."""
    page = browser.get("/anomalies").text
    assert "2026-11-23 2 1 0 100.0 %" in words(page[page.index('id="precision"') :])


def test_going_on_narrows_and_search_finds(browser: TestClient) -> None:
    """The tab keeps to what goes on; the search looks into sentences, kinds and commits."""
    assert browser.get("/anomalies?open=1").text.count('class="event ') == 2
    assert browser.get("/anomalies?text=price-ch").text.count('class="event ') == 1
    assert browser.get(f"/anomalies?text={sample.ALAN.id[:9]}").text.count('class="event ') == 3
    assert "No cost event matches" in browser.get("/anomalies?text=nonsense").text


@pytest.mark.parametrize("days", ["0", "13", "x", "1e9"])
def test_an_unknown_span_is_refused(browser: TestClient, days: str) -> None:
    """With the known ones."""
    answer = browser.get(f"/anomalies?days={days}")
    assert (answer.status_code, "7, 30, 90, 365" in answer.text) == (400, True)


def test_an_empty_page_says_what_is_missing(browser: TestClient, answers: Answers) -> None:
    """Nothing metered, still learning, or nothing to tell are three answers."""
    answers.events = ()
    assert "other than its hours of the week let expect" in browser.get("/anomalies").text
    assert "digits prod is known since 3 d ago , and alarms from" in words(browser.get("/anomalies").text)
    answers.watched = answers.watched[1:]
    assert "still learns what is usual" in browser.get("/anomalies").text
    answers.watched = ()
    assert "Nothing is watched yet" in browser.get("/anomalies").text


def test_a_word_with_its_reason_reaches_the_event(browser: TestClient, answers: Answers) -> None:
    """From the form of the page, by who holds the token; `mute` ends after the chosen hours."""
    headers = {"origin": ADDRESS}
    sent = {"reason": "mended tomorrow", "hours": "24"}
    answer = browser.post(f"/anomalies/{OPEN}/mute", data=sent, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/anomalies#e-{OPEN}")
    actor, until = Actor("operator", claimed=True), sample.NOW + timedelta(days=1)
    said = {"reason": "mended tomorrow", "until": until, "actor": actor}
    assert answers.acts == [("judge", OPEN, "mute", said)]


@pytest.mark.parametrize(
    ("view", "verbs"),
    [
        (EventView(sample_events.kept(sample_events.event()), "open"), ["ack", "mute", "expected"]),
        (EventView(sample_events.kept(sample_events.event(), "ack"), "acknowledged"), ["mute", "expected"]),
        (EventView(sample_events.kept(sample_events.event(), "mute"), "muted"), ["ack", "expected"]),
        (EventView(sample_events.kept(sample_events.event()), "over"), ["ack", "expected"]),
        (EventView(sample_events.kept(sample_events.event(), "expected"), "expected"), []),
    ],
)
def test_only_what_says_something_new_is_offered(
    browser: TestClient, answers: Answers, view: EventView, verbs: list[str]
) -> None:
    """What is over is still judged, and not muted."""
    answers.events = (view,)
    assert re.findall(rf'action="/anomalies/{OPEN}/(\w+)"', browser.get("/anomalies").text) == verbs


def test_a_viewer_judges_nothing(answers: Answers) -> None:
    """No forms, and a refusal."""
    access = Access(sha256_hex(TOKEN.encode()), role="viewer")
    with client_of(create_site(world_of(answers), access), {"authorization": f"Bearer {TOKEN}"}) as client:
        page = client.get("/anomalies").text
        assert OPEN in page
        assert 'action="/anomalies/' not in page
        assert client.post(f"/api/v1/anomalies/{OPEN}/ack", json={"reason": "x"}).status_code == 403
    assert answers.acts == []


@pytest.mark.parametrize("verb", ["delete", "__class__", "<b>"])
def test_an_unknown_word_is_refused(browser: TestClient, client: TestClient, answers: Answers, verb: str) -> None:
    """With the known ones; nothing is asked."""
    page = browser.post(f"/anomalies/{OPEN}/{verb}", data={"reason": "x"}, headers={"origin": ADDRESS})
    assert page.status_code == 404
    assert "ack, mute, expected" in page.text
    assert client.post(f"/api/v1/anomalies/{OPEN}/{verb}", json={"reason": "x"}).status_code == 422
    assert answers.acts == []


def test_a_browser_of_another_origin_judges_nothing(browser: TestClient, answers: Answers) -> None:
    """The cookie alone is no word."""
    for path in (f"/anomalies/{OPEN}/ack", f"/api/v1/anomalies/{OPEN}/ack"):
        assert browser.post(path, headers={"origin": "https://elsewhere.example"}).status_code == 403
    assert answers.acts == []


def test_the_api_answers_what_the_command_line_prints(client: TestClient, answers: Answers) -> None:
    """All events, one, and the word of an owner, byte for byte."""
    found = sample_events.cost_events_of(answers.events)
    assert client.get("/api/v1/anomalies").text == to_json(found) + "\n"
    assert client.get(f"/api/v1/anomalies/{OPEN[:4]}").text == to_json(answers.events[0]) + "\n"
    assert len(client.get("/api/v1/anomalies?open=true&environment=prod").json()["events"]) == 1
    answer = client.post(f"/api/v1/anomalies/{OPEN}/expected", json={"reason": "known"})
    assert (answer.status_code, answer.text) == (200, to_json(answers.events[0]) + "\n")
    assert client.get("/api/v1/anomalies/feed").status_code == 404
    assert client.get("/api/v1/anomalies?days=0").status_code == 422
    assert client.post(f"/api/v1/anomalies/{OPEN}/ack", json={}).status_code == 422
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert "/api/v1/anomalies/{event}/{verb}" in paths
