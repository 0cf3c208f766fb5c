"""The Cost page: the bridge closes in sight, every count leads to its lines, what nobody claims says so."""

from __future__ import annotations

from starlette.testclient import TestClient


def test_the_page_shows_that_the_invoice_closes(browser: TestClient) -> None:
    """To the last digit, with the month's state; the figures stand in a table where no script runs."""
    text = browser.get("/cost").text
    assert "84.000000000001 USD are charged to the last digit" in text
    assert "Closed since" in text
    assert "12.000000000001 USD</td>" in text


def test_names_from_bills_are_shown_as_text(browser: TestClient) -> None:
    """What a provider or a tag says is never HTML, in tables and in charts."""
    text = browser.get("/cost").text
    assert "<b>bold" not in text
    assert "&lt;b&gt;bold" in text


def test_every_count_leads_to_its_lines(browser: TestClient) -> None:
    """Also that of nobody; the lines name the command that explains each of them."""
    assert "/cost/lines?team=%28none%29&amp;month=2026-10" in browser.get("/cost").text
    text = browser.get("/cost/lines", params={"team": "search", "month": "2026-10"}).text
    assert "fairlead cost --explain 000000000000" in text


def test_budgets_are_drawn_and_what_is_not_known_is_said(browser: TestClient) -> None:
    """A budget of which nobody knows what was spent is in no picture, and is told by its reason."""
    text = browser.get("/cost").text
    assert 'id="budgets"' in text
    assert "140 USD" in text
    assert "team lab: a charge has no price" in text


def test_the_search_narrows_the_tables(browser: TestClient) -> None:
    """Only groups whose name holds the text stay; the bridge stays whole."""
    text = browser.get("/cost", params={"text": "assist"}).text
    assert "no model matches" not in text
    assert "&lt;b&gt;bold" not in text
    assert "84.000000000001" in text


def test_an_unknown_basis_is_refused_with_the_known_ones(browser: TestClient) -> None:
    """As everywhere."""
    answer = browser.get("/cost", params={"basis": "guessed"})
    assert answer.status_code == 400
    assert "billed, effective, contracted, list" in answer.text


def test_the_api_answers_what_the_page_shows(client: TestClient) -> None:
    """Amounts as text, exact."""
    told = client.get("/api/v1/ledger", params={"month": "2026-10", "basis": "billed"}).json()
    assert told["bridges"][0]["invoiced"] == "84.000000000001"
    assert told["closed"]["by"] == "Ada"
    assert len(client.get("/api/v1/ledger/lines", params={"team": "search"}).json()["lines"]) == 3
