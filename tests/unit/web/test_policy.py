"""The policy page and its API: what was refused comes first, states are told apart, and what is filtered stays true."""

from __future__ import annotations

from dataclasses import replace

from starlette.testclient import TestClient

from fairlead.flows.policy_view import PolicyView
from tests.unit.web import sample
from tests.unit.web.conftest import Answers
from tests.unit.web.test_pages import read


def test_a_refused_weakening_comes_first(browser: TestClient) -> None:
    """Before any number, with its mend."""
    words = read(browser, "/policy").words
    assert words.index("A weakening was refused") < words.index("Rules that hold")
    assert words.index("protection/pack-off") < words.index("fairlead approve policies") < words.index("In violation")


def test_it_says_which_rules_stand_since_when_and_by_whom(browser: TestClient) -> None:
    """Commit, author, and how many of each enforcement."""
    words = read(browser, "/policy").words
    assert "Ada Lovelace" in words
    assert "3 deny, 1 warn, 1 audit" in words


def test_states_of_waivers_are_told_apart(browser: TestClient) -> None:
    """By words, in the order of their end, with what is missing where one does not hold."""
    words = read(browser, "/policy").words
    places = [words.index(each) for each in ("4 days ago", "9 days left", "28 days left", "60 days left")]
    assert places == sorted(places)
    assert all(each in words for each in ("expired", "ends soon", "unproven", "holds", "is not proven"))


def test_filters_narrow_everything_but_the_refusal(browser: TestClient) -> None:
    """An owner sees their models, and still that somebody tried to weaken the rules."""
    words = read(browser, "/policy?owner=language-team&environment=prod&text=residency").words
    assert "privacy-gdpr/residency" in words
    assert "finops/price-known" not in words
    assert "embedder" not in words
    assert "protection/pack-off" in words


def test_without_rules_it_says_how_to_begin(browser: TestClient, answers: Answers) -> None:
    """Nothing judged yet, and no rule at all, are two things, and neither is an empty table."""
    answers.policy = PolicyView()
    assert "nothing was judged yet" in read(browser, "/policy").words
    answers.policy = replace(answers.policy, judged=answers.fleet.head.when if answers.fleet.head else None)
    assert "policies.packs" in read(browser, "/policy").words


def test_the_api_answers_the_same(client: TestClient, answers: Answers) -> None:
    """Whole, with enums as words and days as numbers."""
    found = client.get("/api/v1/policy").json()
    assert [each["id"] for each in found["rules"]] == [each.id for each in answers.policy.rules]
    assert found["rules"][0]["enforcement"] == "deny"
    assert found["waivers"][0]["days_left"] == -4
    assert found["violations"][1]["since"] is None


def test_a_finding_of_a_rule_leads_to_the_rule(browser: TestClient) -> None:
    """With its environment, rating and article; a waived one says by what, and asks for nothing."""
    page = read(browser, f"/models/assistant/releases/assistant@{sample.ADA.id[:12]}")
    assert "/policy?text=baseline%2Flicence" in page.links()
    assert all(each in page.words for each in ("rated high", "GOVERN 6.1", "waived by", "waivers/far.yaml"))
    assert "choose another" not in page.words


def test_a_violation_leads_to_its_rules(browser: TestClient, answers: Answers) -> None:
    """From the incident to the page that tells the rule, the mend and the waivers."""
    one = replace(answers.incidents[0], kind="in-violation")
    answers.incidents = (one,)
    page = read(browser, "/incidents")
    assert "/policy?text=assistant&environment=prod" in page.links()
    assert "in violation" in page.words
