"""The pages: all that the sample holds is shown, told apart, escaped, linked to its source, and repeatable."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from fairlead.flows.fleet import Freshness
from tests.unit.web import sample
from tests.unit.web.conftest import ADDRESS, Answers, client_of, lines

RELEASE = f"/models/assistant/releases/assistant@{sample.ADA.id[:12]}"
PAGES = [
    "/", "/?environment=staging&owner=search-team&period=7d", "/incidents", "/incidents?all=1", "/journal",
    "/journal/60", "/audit", "/policy", "/policy?environment=prod&owner=language-team&text=licence",
    "/journal?kind=incident&model=assistant&before=40", "/models/assistant", "/models/assistant/cost",
    "/models/assistant/cost/rows?release=x", "/models/assistant/logs", "/models/assistant/files", RELEASE,
]  # fmt: skip


class Reader(HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        """Keep it."""
        self.words += data

    def links(self) -> set[str]:
        """Addresses on this server."""
        return {attrs["href"] for tag, attrs in self.tags if tag == "a" and attrs["href"].startswith("/")}


def read(client: TestClient, path: str) -> Reader:
    """A page that is there."""
    answer = client.get(path)
    assert answer.status_code == 200, f"{path}: {answer.text}"
    return Reader(answer.text)


@pytest.fixture(autouse=True)
def _logged(answers: Answers) -> None:
    answers.lines = lines()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_nothing_that_it_was_not_given(browser: TestClient, answers: Answers, path: str) -> None:
    """Hostile subjects, records, customers and log lines are text; no inline script, style or handler is left."""
    hostile = replace(sample.ADA, subject=sample.HOSTILE, author=sample.HOSTILE, approved_by=(sample.HOSTILE,))
    rows = tuple(replace(row, commit=hostile, owner=sample.HOSTILE) for row in answers.fleet.rows)
    attention = tuple(replace(each, message=sample.HOSTILE, mend=sample.HOSTILE) for each in answers.fleet.attention)
    path = path.replace("&owner=search-team", "")
    answers.fleet = replace(answers.fleet, rows=rows, attention=attention, head=hostile, workspace=sample.HOSTILE)
    answers.timeline = tuple(replace(each, commit=hostile, message=sample.HOSTILE) for each in answers.timeline)
    page = read(browser, path)
    scripts = [attrs for tag, attrs in page.tags if tag == "script"]
    assert scripts == [{"src": "/static/page.js"}]
    assert not [tag for tag, _ in page.tags if tag in {"style", "img", "iframe", "object", "base"}]
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on") or name == "style"]
    assert "\u202e" not in page.words
    assert "{{ 7*7 }}" in page.words


@pytest.mark.parametrize("model", ["<b>x", "a/b", "%2e%2e", "{{7*7}}", "x" * 300])
def test_a_hostile_model_in_the_address_is_text(browser: TestClient, model: str) -> None:
    """It is not there, and the answer says so, in a page that is safe too."""
    answer = browser.get("/models/" + model.replace("/", "%2f"))
    assert answer.status_code == 404
    assert "<b>x" not in answer.text
    assert "7*7" not in model or "{{7*7}}" in answer.text


@pytest.mark.parametrize("path", PAGES)
def test_every_link_leads_somewhere(browser: TestClient, path: str) -> None:
    """No link of a page is dead."""
    for link in sorted(read(browser, path).links()):
        assert browser.get(link).status_code == 200, f"{path} -> {link}"


@pytest.mark.parametrize("path", PAGES)
def test_every_view_can_be_had_elsewhere(browser: TestClient, path: str) -> None:
    """Each shows the equal command, its JSON, and a permanent link to itself."""
    page = read(browser, path)
    copies = [attrs["data-copy"] for tag, attrs in page.tags if "data-copy" in attrs]
    assert any(text.startswith("fairlead ") for text in copies)
    assert any(link.startswith("/api/v1/") for link in page.links())
    permanent = [attrs["href"] for _, attrs in page.tags if attrs.get("id") == "permanent"]
    assert permanent == [path]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_for_those_who_do_not_see_it(browser: TestClient, path: str) -> None:
    """One heading of the first rank, a way past the frame, fields with labels, drawings with words, unique ids."""
    page = read(browser, path)
    names = [tag for tag, _ in page.tags]
    ids = [attrs["id"] for _, attrs in page.tags if "id" in attrs]
    assert names.count("h1") == 1
    assert ("a", {"class": "skip", "href": "#main"}) in page.tags
    assert [each for each in ids if ids.count(each) > 1] == []
    drawings = [attrs for tag, attrs in page.tags if tag == "svg" and attrs.get("aria-hidden") != "true"]
    assert all(attrs.get("role") == "img" for attrs in drawings)
    assert all("scope" in attrs for tag, attrs in page.tags if tag == "th")


def test_the_fleet_tells_states_apart(browser: TestClient) -> None:
    """No data, zero, failed, stale and never: each in its own words and with its own icon."""
    page = browser.get("/").text
    rows = dict(re.findall(r'data-key="([^"]+)">(.*?)</tr>', page, re.DOTALL))
    assert "17 failed" in rows["prod/assistant"]
    assert 'href="#i-cross"' in rows["prod/assistant"]
    assert "Git is not live: refused" in rows["prod/assistant"]
    assert ">0</a>" in rows["staging/assistant"]
    assert "suspended, ends in 20 h" in rows["staging/assistant"]
    assert rows["prod/embedder"].count("no data") >= 4
    assert 'href="#i-none"' in rows["prod/embedder"]
    assert "no price" in rows["prod/embedder"]
    assert "never live" in rows["dev/summariser"]
    assert "stale since" not in page


def test_old_figures_are_marked_as_stale(browser: TestClient, answers: Answers) -> None:
    """Since when, beside the figures and in the frame; and a loop that stopped is no quiet loop."""
    old = Freshness("stopped", "", sample.NOW - timedelta(hours=2), sample.NOW - timedelta(hours=1))
    answers.fleet = replace(answers.fleet, freshness=old)
    page = read(browser, "/")
    words = " ".join(page.words.split())
    assert "stale since 11:40:07" in words
    assert "loop stopped" in words


def test_money_is_trimmed_and_exact(browser: TestClient) -> None:
    """Eyes get three digits, the title and the JSON all of them."""
    page = browser.get("/").text
    assert 'title="0.000143261102 USD">0.000143<' in page
    assert 'title="18.402113507128 USD">18.40<' in page


def test_what_needs_a_person_comes_first_by_money_at_stake(browser: TestClient) -> None:
    """Above the models, the dearest first, with the next step."""
    words = read(browser, "/").words
    assert words.index("git not live") < words.index("unhealthy") < words.index("Models")
    assert "fairlead lock assistant" in words


def test_filters_stay_in_the_address(browser: TestClient) -> None:
    """Every way on keeps them, and they narrow the rows and the incidents."""
    page = read(browser, "/?environment=staging&owner=search-team&period=7d")
    models = {attrs["data-key"] for tag, attrs in page.tags if tag == "tr" and "data-key" in attrs}
    assert models == {"staging/ranker"}
    assert "/journal?environment=staging&owner=search-team&period=7d" in page.links()
    assert "git not live" not in page.words


def test_search_narrows_the_fleet(browser: TestClient) -> None:
    """By model or owner, in any case."""
    page = read(browser, "/?text=VISION")
    assert {a["data-key"] for t, a in page.tags if t == "tr" and "data-key" in a} == {"prod/digits", "staging/digits"}


def test_an_unknown_period_is_refused(browser: TestClient) -> None:
    """And the known ones are listed."""
    answer = browser.get("/?period=1y")
    assert answer.status_code == 400
    assert "24h" in answer.text


def test_a_number_leads_to_its_rows_in_three_clicks(browser: TestClient) -> None:
    """Month on the fleet, the release's rows, and there the usage records and cost lines with method and price."""
    cost = next(link for link in read(browser, "/").links() if link.startswith("/models/assistant/cost"))
    rows = next(link for link in read(browser, cost).links() if "/cost/rows?" in link and "release=" in link)
    words = read(browser, rows).words
    assert "0.000009586111" in words
    assert "by upstream service time" in words
    assert "t3.medium" in words


def test_a_state_leads_to_its_record_and_commit_in_three_clicks(browser: TestClient) -> None:
    """Health on the fleet, the model's records, one record under its own address with commit and digest."""
    journal = next(link for link in read(browser, "/").links() if link.startswith("/journal?model=assistant"))
    record = next(link for link in read(browser, journal).links() if re.fullmatch(r"/journal/\d+", link))
    words = read(browser, record).words
    assert sample.ADA.id[:12] in words
    assert "Digest of the one before" in words


def test_the_timeline_tells_the_story(browser: TestClient) -> None:
    """Refused with its reason, back by a revert with the time to recovery, dearer with how much."""
    words = " ".join(read(browser, "/models/assistant").words.split())
    assert "the bytes of weights.bin do not match their digest" in words
    assert "came back" in words
    assert "recovered in 21 min 4 s" in words
    assert "+59 %" in words


def test_an_altered_record_is_named(browser: TestClient) -> None:
    """The chain's page says that it does not hold, where, and up to which record Git vouches."""
    words = " ".join(read(browser, "/audit").words.split())
    assert "record 12 is not what was written" in words
    assert "fail" in words
    assert "up to record 57" in words


def test_the_period_changes_what_is_summed(browser: TestClient) -> None:
    """The fleet has a column of the chosen period; a view without use for a filter passes it on unseen."""
    page = browser.get("/?period=7d").text
    assert ">Last 7d</th>" in page
    assert 'title="4.1204 USD"' in page
    journal = Reader(browser.get("/journal?period=7d").text)
    assert ("input", {"type": "hidden", "name": "period", "value": "7d"}) in journal.tags


def test_the_cost_closes_in_sight(browser: TestClient) -> None:
    """Billed, its parts and the residual of 0, in exact digits; trends carry a title, words and a table."""
    page = read(browser, "/models/assistant/cost")
    assert "215.32" in page.words
    names = [tag for tag, _ in page.tags]
    assert names.count("title") > 4
    assert names.count("desc") >= 4
    assert names.count("figure") == 4


@pytest.mark.parametrize(
    ("path", "mend"),
    [
        ("/", "fairlead init"),
        ("/incidents", "fairlead status --wait"),
        ("/journal", "fairlead up --repo ."),
    ],
)
def test_an_empty_view_says_what_fills_it(browser: TestClient, answers: Answers, path: str, mend: str) -> None:
    """What is missing, and the one command."""
    nothing = Freshness("stopped", "", None, None)
    answers.fleet = replace(answers.fleet, rows=(), attention=(), head=None, freshness=nothing)
    answers.incidents = answers.records = ()
    words = read(browser, path).words
    assert mend in words


def test_a_model_without_history_says_what_fills_it(browser: TestClient, answers: Answers) -> None:
    """Its timeline, logs and files too."""
    answers.timeline, answers.lines = (), []
    assert "fairlead sync assistant" in read(browser, "/models/assistant").words
    assert "fairlead logs assistant" in read(browser, "/models/assistant/logs").words


def test_suspending_needs_a_sound_form(browser: TestClient, answers: Answers) -> None:
    """Hours that are no number of hours change nothing; a sound form leads back to the model."""
    own = {"origin": ADDRESS, "content-type": "application/x-www-form-urlencoded"}
    for hours in ("", "0", "-1", "1e9", "721", "٣"):
        answer = browser.post("/models/digits/suspend", content=f"reason=x&hours={hours}", headers=own)
        assert answer.status_code == 400
    assert browser.post("/models/digits/suspend", content="reason=" + "x" * 20_000, headers=own).status_code == 400
    assert answers.acts == []
    answer = browser.post("/models/digits/suspend", content="reason=audit&hours=8", headers=own)
    assert (answer.status_code, answer.headers["location"]) == (303, "/models/digits")
    assert answers.acts[0][2]["until"] == sample.NOW + timedelta(hours=8)


def test_a_stranger_gets_a_page_that_says_what_to_do(site: FastAPI) -> None:
    """Without the token: which address to open, and nothing else."""
    answer = client_of(site, {"accept": "text/html"}).get("/models/assistant")
    assert answer.status_code == 401
    words = Reader(answer.text).words
    assert "fairlead up" in words
    assert "harbour" not in words
