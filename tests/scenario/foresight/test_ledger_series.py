"""Series of the ledger by name: what a bill and its use say by window, by day where only days are known."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from fairlead.flows.foresight.ledger_series import LedgerSeries
from fairlead.foresee.series import Series, shown_times
from fairlead.kernel.errors import UsageError
from fairlead.testing.progress import no_progress
from tests.scenario.ledger.books import Books, open_books

RULES = """\
allocation:
  rules:
    - name: gpu
      match: {resource: [gpu-1]}
      assign: {team: serving}
      split: {by: {gpu_seconds: 1}}
    - name: by-team
      match: {tags: {team: ["*"]}}
      assign: {team: "{tag:team}"}
"""
ALL_DAY = {"ChargePeriodStart": "2026-10-05T00:00:00Z", "ChargePeriodEnd": "2026-10-06T00:00:00Z"}


def _use(clock: str, model: str, quantity: str, measure: str = "gpu_seconds") -> str:
    end = f"{clock[:-1]}{int(clock[-1]) + 5}"
    return f"2026-10-05T{clock}:00Z,2026-10-05T{end}:00Z,gpu-1,acme,{model},{measure},{quantity}"


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Books]:
    """An hour of a GPU that two models shared, and a disk by the day."""
    with open_books(tmp_path, RULES) as opened:
        opened.load(
            opened.bill(
                "cloud.csv",
                {"ResourceId": "gpu-1", "cost": "3.00"},
                {"cost": "1", "Tags": '{"team": "research"}', "ResourceId": "disk", **ALL_DAY},
            )
        )
        opened.collect(
            _use("10:00", "chat", "100"),
            _use("10:50", "chat", "100"),
            _use("10:50", "rank", "100"),
            _use("10:50", "chat", "2000", "inferences"),
        )
        yield opened


def _read(books: Books, argument: str) -> tuple[Series, ...]:
    return LedgerSeries(books.world).read(argument, no_progress).series


def _pairs(series: Series) -> list[tuple[str, float]]:
    return list(zip(shown_times(series.times, series.form), series.values.tolist(), strict=True))


def test_cost_of_a_model_is_known_by_window(books: Books) -> None:
    """The hour's three dollars lie where the GPU was used, a third for each use."""
    (series,) = _read(books, "cost[model=chat]")
    assert series.name == "cost[model=chat]"
    assert _pairs(series) == [("2026-10-05T10:00:00Z", 1.0), ("2026-10-05T10:50:00Z", 1.0)]


def test_every_value_of_a_dimension_has_a_series(books: Books) -> None:
    """A star stands for each, and rows are numbered through."""
    chat, rank = _read(books, "cost[team=serving,model=*]")
    assert (chat.name, rank.name) == ("cost[team=serving,model=chat]", "cost[team=serving,model=rank]")
    assert np.concatenate([chat.rows, rank.rows]).tolist() == [0, 1, 2]


def test_what_is_known_by_day_makes_days_of_all(books: Books) -> None:
    """A disk's bill tells of no hour: the sum is the day's, and nothing is lost."""
    (series,) = _read(books, "cost")
    assert _pairs(series) == [("2026-10-05T00:00:00Z", 4.0)]


def test_a_ratio_has_numbers_where_both_are_known(books: Books) -> None:
    """Cost per thousand inferences exists in the one window that has inferences."""
    (series,) = _read(books, "cost_per_1k_inferences[model=chat]")
    assert _pairs(series) == [("2026-10-05T10:50:00Z", 0.5)]
    (use,) = _read(books, "gpu_seconds")
    assert _pairs(use) == [("2026-10-05T10:00:00Z", 100.0), ("2026-10-05T10:50:00Z", 200.0)]


@pytest.mark.parametrize(
    ("argument", "said"),
    [
        ("costs[model=chat]", "unknown measure 'costs'"),
        ("cost[colour=red]", "unknown dimension 'colour'"),
        ("cost[model]", "names no value"),
        ("cost[model=nobody]", "nothing of it"),
        ("gpu_seconds[region=eu]", "not told by region"),
        ("Cost of all", "no series is written so"),
    ],
)
def test_what_cannot_be_asked_is_told(books: Books, argument: str, said: str) -> None:
    """A wrong name is answered with what is wrong, and never with an empty series."""
    with pytest.raises(UsageError, match=said):
        _read(books, argument)
