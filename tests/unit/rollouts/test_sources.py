"""Measures from elsewhere: each row counts once, and what is not known to be well passes nothing in between."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.domain.analysis import AnalysisMetric
from fairlead.flows.rollouts.sources import Reading, Sources
from fairlead.kernel.windows import iso
from tests.unit.cli.rollouts import rollout
from tests.unit.cli.values import NOON

_EVERY = timedelta(seconds=2)


class Looks:
    """A rollout that is looked at every two seconds, and waits for what its file says."""

    def __init__(self, folder: Path) -> None:
        """Nothing is written yet."""
        self.file = folder / "depths.csv"
        self.sources = Sources(folder)
        self.now = NOON
        self.metric = AnalysisMetric.model_validate({"name": "depth", "margin": "0.1", "csv": {"path": "depths.csv"}})

    def look(self) -> Reading:
        """The next look."""
        before, self.now = self.now, self.now + _EVERY
        while (reading := self.sources.read(rollout(), self.metric, before, self.now)).note.endswith(
            "not answered yet"
        ):
            time.sleep(0.001)
        return reading

    def write(self, value: float) -> None:
        """A row of each release, between this look and the next."""
        at = iso(self.now + _EVERY / 2)
        if not self.file.exists():
            self.file.write_text("time,release,value\n")
        with self.file.open("a") as rows:
            rows.writelines(f"{at},{each.name},{value}\n" for each in (rollout().new, rollout().old))


@pytest.fixture
def looks(tmp_path: Path) -> Iterator[Looks]:
    """Nobody has written the file."""
    made = Looks(tmp_path)
    yield made
    made.sources.close()


def test_what_is_missing_is_said_at_every_look(looks: Looks) -> None:
    """Once it is known that the file is not there, each look says so until it is, the one of the end too."""
    looks.look()
    told = [looks.look().note for _ in range(6)]
    assert all("No such file" in each for each in told), told
    looks.write(2.0)
    assert any(looks.look().block for _ in range(4))
    assert looks.look().note == ""


def test_what_has_gone_stale_is_said_at_every_look(looks: Looks) -> None:
    """No look between two answers takes old rows for new ones: the measure could pass there."""
    looks.write(2.0)
    assert any(looks.look().block for _ in range(4))
    looks.now += timedelta(minutes=6)
    while not looks.look().note:
        pass
    told = [looks.look().note for _ in range(6)]
    assert all("stale" in each for each in told), told


def test_each_row_counts_once(looks: Looks) -> None:
    """A look that asks and one that hears alternate; rows of both are counted, none twice."""
    counted = 0
    for _ in range(20):
        looks.write(2.0)
        block = looks.look().block
        counted += block.new.count if block else 0
    assert counted in (19, 20)
