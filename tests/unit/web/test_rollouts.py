"""Rollouts on the pages and over the API: all that matters is shown, and only those who may can say something."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from fairlead.domain.analysis import AnalysisFinding
from fairlead.domain.journal import GENESIS, Actor, Draft, chain
from fairlead.domain.release_strategy import ReleaseStrategy
from fairlead.domain.rollout import Exposure, Pause, Phase
from fairlead.flows.incidents import CONTROL
from fairlead.flows.rollout_commands import Spoken
from fairlead.kernel.digests import sha256_hex
from fairlead.show.api.access import Access
from fairlead.show.outputs.json import to_json
from fairlead.show.outputs.rollout_form import rollout_form
from fairlead.show.site.application import create_site
from fairlead.show.web.incidents_page import actions_on
from fairlead.show.web.rollouts import panel_of, rollout_tone
from tests.unit.web import sample, sample_rollouts
from tests.unit.web.conftest import ADDRESS, TOKEN, Answers, client_of, world_of


def words(page: str) -> str:
    """The text between the tags, in one line."""
    return " ".join(re.sub(r"<[^>]*>", " ", page).split())


def panel(page: str, identity: str) -> str:
    """One rollout's part of a page."""
    found = re.search(
        rf'<details class="rollout[^>]*/{identity}".*?(?=<details class="rollout|</section>)', page, re.DOTALL
    )
    assert found is not None
    return found[0]


def test_a_rollout_under_way_is_told_whole(browser: TestClient) -> None:
    """Phase, step, weights, exposure against its cap, what it waits for and until when, and each measure."""
    shown = panel(browser.get("/models/assistant").text, "r1")
    text = words(shown)
    assert " open>" in shown[:200]
    assert "rolling 25 %" in text
    assert "canary, step 2 of 3" in text
    assert 'aria-current="step"' in shown
    assert "1,706 requests, 9 customers at most 20,000 requests" in text
    assert "no verdict yet on latency-p99, answers; without one it is aborted in 23 h" in text
    assert "New 3.0 ms of 1,706 Old 3.0 ms of 13,294 Difference +0.16 [-4.2, +4.7] % Margin 20 %" in text
    assert shown.count("<svg viewBox") == 3
    assert "no look has measured it yet" in text


def test_its_end_is_told_by_the_time_in_which_it_could_go_on(browser: TestClient, answers: Answers) -> None:
    """A pause of two hours puts the end off by two hours: 24 h less the minutes before it."""
    answers.rollouts = (sample_rollouts.stepping(started=sample.NOW - timedelta(hours=3), held_for=timedelta(hours=2)),)
    assert "without one it is aborted in 23 h" in words(browser.get("/models/assistant").text)


def test_a_verdict_is_a_word_and_an_icon(browser: TestClient) -> None:
    """Never a colour alone."""
    shown = browser.get("/models/assistant").text
    assert re.search(r'badge good"><svg[^>]*><use href="#i-ok"/></svg><span>not worse', shown)
    assert re.search(r'badge bad"><svg[^>]*><use href="#i-cross"/></svg><span>worse', shown)
    assert re.search(r'badge warn"><svg[^>]*><use href="#i-unknown"/></svg><span>insufficient', shown)


def test_one_that_was_taken_back_says_why_and_what_became_of_it(browser: TestClient, answers: Answers) -> None:
    """Reason, refusal, the newest word of its revert with its commit, and no address that runs something."""
    answers.records = sample_rollouts.reverts()
    shown = panel(browser.get("/models/assistant").text, "r2")
    text = words(shown)
    assert "rolled back" in text
    assert "Aborted : error-rate is worse: &lt;script&gt;" in text
    assert "is refused here until Git says something else" in text
    assert f"A revert is proposed, commit {sample.REVERT.id[:12]} on fairlead/revert-assistant" in text
    assert 'href="https://git.example/pulls/7"' in shown
    assert "javascript" not in shown
    assert "<form" not in shown


def test_one_that_is_over_is_folded(browser: TestClient, answers: Answers) -> None:
    """It is history; its end and by whom can be unfolded."""
    answers.rollouts = answers.rollouts[2:]
    shown = panel(browser.get("/models/digits").text, "r3")
    assert " open>" not in shown[:200]
    assert "Completed : promoted by Ada" in words(shown)
    assert "data-moving" not in browser.get("/models/digits").text


@pytest.mark.parametrize(("hours", "unfolded"), [(1, True), (30, False)])
def test_one_that_was_aborted_lately_is_seen(answers: Answers, hours: int, *, unfolded: bool) -> None:
    """Whoever comes after its revert was merged still sees why, for a day."""
    view = replace(sample_rollouts.aborted(), refused=None)
    ended = replace(view, rollout=replace(view.rollout, since=sample.NOW - timedelta(hours=hours)))
    assert panel_of(world_of(answers), ended, sample.NOW).unfolded is unfolded


def test_counts_say_what_is_counted(browser: TestClient, answers: Answers) -> None:
    """Of a measure that is read now and then readings, of the others requests; what is not known has no count."""
    view = sample_rollouts.stepping(exposure=Exposure(1, 1))
    read = [sample_rollouts.metric(name, new_count=5) for name in ("cost-per-inference", "queue-wait", "latency")]
    answers.rollouts = (replace(view, finding=AnalysisFinding(sample.NOW, tuple(read))),)
    text = words(browser.get("/models/assistant").text)
    assert text.count("of 5 readings") == 2
    assert "1 request, 1 customer at most" in text


def test_a_page_that_shows_something_moving_looks_again_sooner(browser: TestClient) -> None:
    """Measures change without a record in the journal."""
    assert 'id="rollouts" data-live data-moving' in browser.get("/models/assistant").text


@pytest.mark.parametrize(
    ("differs", "verbs"),
    [
        ({}, ["pause", "promote", "abort"]),
        ({"pause": Pause("Ada", "look", sample.NOW), "waiting": "paused by Ada: look"}, ["resume", "promote", "abort"]),
        ({"ready": False, "phase": Phase.PREPARING}, ["pause", "abort"]),
        ({"phase": Phase.RETAINING}, ["abort"]),
        ({"phase": Phase.COMPLETED}, []),
    ],
)
def test_only_what_is_possible_is_offered(answers: Answers, differs: dict[str, object], verbs: list[str]) -> None:
    """What the machine would refuse has no button."""
    view = sample_rollouts.stepping(**differs)
    assert list(panel_of(world_of(answers), view, sample.NOW).verbs) == verbs


def test_a_viewer_has_no_buttons(answers: Answers) -> None:
    """A rollout is shown to all, and moved by those who may."""
    for role, offered in (("operator", True), ("viewer", False)):
        access = Access(sha256_hex(TOKEN.encode()), role=role)  # type: ignore[arg-type]
        with client_of(create_site(world_of(answers), access), {"authorization": f"Bearer {TOKEN}"}) as client:
            assert ("/rollouts/prod/abort" in client.get("/models/assistant").text) is offered
            assert (client.post("/api/v1/rollouts/prod/assistant/abort", json={}).status_code == 403) is not offered


def test_a_word_with_its_reason_reaches_the_rollout(browser: TestClient, answers: Answers) -> None:
    """From the form of the page, by who holds the token; the page comes back."""
    headers = {"origin": ADDRESS}
    answer = browser.post("/models/assistant/rollouts/prod/abort", data={"reason": "wrong labels"}, headers=headers)
    assert (answer.status_code, answer.headers["location"]) == (303, "/models/assistant")
    said = {"environment": "prod", "reason": "wrong labels", "actor": Actor("operator", claimed=True)}
    assert answers.acts == [("speak", "abort", "assistant", said)]


def test_a_word_that_came_too_late_is_told(browser: TestClient, client: TestClient, answers: Answers) -> None:
    """On a page to a person, as a problem to a program."""
    answers.spoken = Spoken("pause", "prod", "assistant", "refused", "it has ended", "completed")
    page = browser.post("/models/assistant/rollouts/prod/pause", data={"reason": "x"}, headers={"origin": ADDRESS})
    assert (page.status_code, "it has ended" in page.text) == (409, True)
    problem = client.post("/api/v1/rollouts/prod/assistant/pause", json={"reason": "x"})
    assert (problem.status_code, problem.headers["content-type"]) == (409, "application/problem+json")


@pytest.mark.parametrize("verb", ["delete", "__class__", "<b>"])
def test_an_unknown_word_is_refused(browser: TestClient, client: TestClient, answers: Answers, verb: str) -> None:
    """With the known ones; nothing is asked."""
    page = browser.post(f"/models/assistant/rollouts/prod/{verb}", data={}, headers={"origin": ADDRESS})
    assert page.status_code == 404
    assert "pause, resume, promote, abort" in page.text
    assert client.post(f"/api/v1/rollouts/prod/assistant/{verb}", json={}).status_code == 422
    assert answers.acts == []


def test_the_api_answers_what_the_command_line_prints(client: TestClient, answers: Answers) -> None:
    """All rollouts and one, byte for byte; narrowed by model and environment."""
    whole = to_json([rollout_form(each) for each in answers.rollouts], key="rollouts") + "\n"
    assert client.get("/api/v1/rollouts").text == whole
    assert client.get("/api/v1/rollouts/prod/assistant").text == to_json(rollout_form(answers.rollouts[0])) + "\n"
    narrowed = client.get("/api/v1/rollouts?model=assistant&environment=staging").json()["rollouts"]
    assert [each["id"] for each in narrowed] == ["r2"]
    assert client.get("/api/v1/rollouts/dev/assistant").status_code == 404


@pytest.mark.parametrize(("outcome", "status"), [("done", 200), ("waiting", 202), ("unanswered", 202)])
def test_the_api_says_whether_it_was_taken(client: TestClient, answers: Answers, outcome: str, status: int) -> None:
    """200 where the control plane took it, 202 where it has not yet."""
    answers.spoken = replace(answers.spoken, outcome=outcome)  # type: ignore[arg-type]
    answer = client.post("/api/v1/rollouts/prod/assistant/abort", json={"reason": "why"})
    assert (answer.status_code, answer.json()["outcome"]) == (status, outcome)
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert "/api/v1/rollouts/{environment}/{model}/{verb}" in paths


def test_a_browser_of_another_origin_moves_nothing(browser: TestClient, answers: Answers) -> None:
    """The cookie alone is no word."""
    for path in ("/models/assistant/rollouts/prod/abort", "/api/v1/rollouts/prod/assistant/abort"):
        assert browser.post(path, headers={"origin": "https://elsewhere.example"}).status_code == 403
    assert answers.acts == []


def test_the_fleet_says_what_rolls(browser: TestClient) -> None:
    """In two words beside the release, with the way to it."""
    rows = dict(re.findall(r'data-key="([^"]+)">(.*?)</tr>', browser.get("/").text, re.DOTALL))
    assert "rolling 25 %" in rows["prod/assistant"]
    assert 'href="/models/assistant#rollouts"' in rows["prod/assistant"]
    assert "rolled back" in rows["staging/assistant"]
    assert "#rollouts" not in rows["prod/digits"]


def test_states_in_two_words() -> None:
    """Paused, shadowing and retaining are not rolling."""
    view = sample_rollouts.stepping()
    paused = replace(view, rollout=replace(view.rollout, pause=Pause("Ada", "look", sample.NOW)))
    shadow = sample_rollouts.stepping(strategy=ReleaseStrategy(strategy="shadow", share=30), step=0)
    kept = sample_rollouts.stepping(phase=Phase.RETAINING)
    tones = [rollout_tone(each) for each in (view, paused, shadow, kept, sample_rollouts.aborted())]
    told = ["rolling 25 %", "paused at 25 %", "shadowing 30 %", "rolled out, old one kept", "rolled back"]
    assert [tone.word if tone else "" for tone in tones] == told


def test_what_stands_between_environments(browser: TestClient) -> None:
    """In their order: what may move on, with its command; what does not yet, why, and what else is needed."""
    page = browser.get("/models/assistant").text
    text = words(page[page.index('id="stations"') :])
    assert text.index("dev") < text.index("staging") < text.index("prod")
    assert "may move on to staging fairlead promote assistant --to staging" in text
    assert "runs in staging for 4m of 10m wait for 6m" in text
    assert "1 of 2 approvals given in prod" in text
    assert "the promotion window opens in 5 h" in text
    assert f"pinned by Git to {sample.ADA.id[:12]}" in text


def test_incidents_say_what_was_done(browser: TestClient, answers: Answers) -> None:
    """Cause, commit, the revert with its commit; how long until it was over, and nothing to be done any more."""
    rolled = replace(answers.incidents[0], key="k", kind="rolled-back", environment="staging")
    closed = replace(rolled, closed=sample.NOW - timedelta(seconds=5), mend="merge the revert")
    answers.incidents, answers.records = (closed,), sample_rollouts.reverts()
    text = words(browser.get("/incidents?all=1").text)
    assert "A revert is proposed, commit" in text
    assert "recovered in 11 min" in text
    assert "merge the revert" not in text


def test_an_incident_begins_with_its_commit(browser: TestClient, answers: Answers) -> None:
    """Who committed what, when its rollout began, when it left the traffic; a revert that arrived is told once."""
    begun, rolled = sample.NOW - timedelta(minutes=5), answers.incidents[0]
    incident = replace(rolled, kind="rolled-back", environment="staging", opened=begun + timedelta(seconds=20))
    ada, control = Actor("Ada", claimed=True), Actor("fairlead", claimed=False)
    drafts = [
        Draft("commit.followed", ada, commit=incident.commit, body={"subject": "Use the larger tokenizer"}),
        Draft("rollout.started", control, "staging", "assistant", "d", incident.commit, {"name": "assistant@1"}),
        Draft("rollout.step", control, "staging", "assistant", "d", incident.commit, {"message": "it gets 30 %"}),
        Draft("rollout.aborted", control, "staging", "assistant", "d", incident.commit, {"name": "a", "requests": 42}),
        Draft("revert.committed", control, "staging", "assistant", "d", "c0"),
        Draft("revert.pushed", control, "staging", "assistant", "d", "c0", {"branch": "main"}),
    ]
    records = [chain(at, begun + timedelta(seconds=5 * at), each, GENESIS) for at, each in enumerate(drafts, 1)]
    assert [each.sequence for each in actions_on(incident, records)] == [1, 2, 3, 4, 6]
    assert [each.sequence for each in actions_on(replace(incident, commit="another"), records)] == [4, 6]
    answers.incidents, answers.records = (incident,), tuple(records)
    text = words(browser.get("/incidents").text)
    assert "Committed: Use the larger tokenizer by Ada #1" in text
    assert "it gets 30 % #3" in text
    assert "42 requests met it #4" in text
    assert "recovered in 5.0 s" in text, "from its first requests to its last"


def test_what_was_done_about_others_is_not_told() -> None:
    """Another model, another environment, before it opened or after it closed."""
    record = sample_rollouts.reverts()[0]
    incident = replace(
        sample.incidents()[0], environment="staging", opened=record.at - timedelta(seconds=1), closed=record.at
    )
    assert actions_on(incident, [record]) == [record]
    others = [
        replace(incident, model="digits"),
        replace(incident, environment="prod"),
        replace(incident, opened=record.at + timedelta(seconds=1), closed=None),
        replace(incident, closed=record.at - timedelta(seconds=1)),
    ]
    assert [actions_on(each, [record]) for each in others] == [[]] * 4
    assert record.draft.actor == CONTROL


def test_incidents_are_narrowed_by_model_and_kind(browser: TestClient) -> None:
    """The choice stays when the tab is changed; what leaves nothing over says so."""
    page = browser.get("/incidents?all=1&model=ranker&kind=unhealthy").text
    assert page.count("data-row") == 1
    assert 'href="/incidents?model=ranker&amp;kind=unhealthy"' in page
    assert "No incident matches" in browser.get("/incidents?model=ranker&kind=git-not-live").text


def test_delivery_figures_say_what_is_not_known(browser: TestClient) -> None:
    """Of too little data no figure is made."""
    page = browser.get("/incidents").text
    rows = dict(re.findall(r'data-key="([^"]+)">(.*?)</tr>', page[page.index('id="delivery"') :], re.DOTALL))
    assert "24 0.8 a day" in words(rows["prod/assistant"])
    assert "15 min 0 s of 24, p90 1 h 30 min" in words(rows["prod/assistant"])
    assert "7.7 % 2 of 26" in words(rows["prod/assistant"])
    assert words(rows["staging/ranker"]).count("insufficient") == 3
    assert "too short for a rate" in words(rows["staging/ranker"])
