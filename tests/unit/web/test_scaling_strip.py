"""How a model is scaled, on its page: what is ordered within which bounds, on what grounds, and at what cost."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from fairlead.flows.scaling.view import ScalingView
from tests.unit.web import sample
from tests.unit.web.conftest import Answers


@pytest.mark.parametrize(
    ("mode", "word"),
    [("active", "3 ordered"), ("shadow", "3 would be ordered"), ("forecast-only", "3 would be ordered")],
)
def test_what_is_ordered_stands_within_its_bounds(browser: TestClient, answers: Answers, mode: str, word: str) -> None:
    """Of another mode than active it is said that nothing follows from it."""
    scaling = ScalingView(
        mode=mode, policy="predictive", ordered=3, least=1, most=8, grounds={"foreseen": "41.2"}, blind="",
        since=sample.NOW, ordered_cost=sample.usd("1.2"), ran_cost=sample.usd("2.4"), cold_starts=1, start_ms=900,
        held=12, held_ms=4000, refused=0,
    )  # fmt: skip
    rows = tuple(replace(row, scaling=scaling) if row.model == "digits" else row for row in answers.fleet.rows)
    answers.fleet = replace(answers.fleet, rows=rows)
    text = " ".join(re.sub(r"<[^>]+>", " ", browser.get("/models/digits").text).split())
    assert f"Scaling, {mode} {word}, 2 ready, bounds 1 to 8, by predictive" in text
    assert "last decision: foreseen 41.2" in text
    assert "its orders cost 1.20 USD , what ran 2.40 USD" in text
    assert "1 cold start, 12 requests waited for one, 0 in vain" in text
    assert "Scaling," not in browser.get("/models/assistant").text


def test_an_unknown_demand_is_told(browser: TestClient, answers: Answers) -> None:
    """Nobody takes an old order for a new one."""
    blind = ScalingView(
        mode="active", policy="hpa", ordered=None, least=0, most=2, grounds={}, blind="the gateway does not answer",
        since=None, ordered_cost=None, ran_cost=None, cold_starts=0, start_ms=0, held=0, held_ms=0, refused=0,
    )  # fmt: skip
    rows = tuple(replace(row, scaling=blind) if row.model == "digits" else row for row in answers.fleet.rows)
    answers.fleet = replace(answers.fleet, rows=rows)
    page = browser.get("/models/digits").text
    assert "nothing ordered yet" in page
    assert "the demand is not known: the gateway does not answer" in page
