"""The tables of docs/rollouts.md say what the program computes."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import pytest

from fairlead.domain.analysis import MARGINS
from fairlead.flows.rollouts.power import canary_power
from fairlead.show.outputs.rollout_tables import minutes_text

TEXT = (Path(__file__).parents[3] / "docs" / "rollouts.md").read_text(encoding="utf-8")


def rows(title: str) -> list[list[str]]:
    """Cells of the table below a heading that begins so."""
    table = re.search(rf"^\| {title} \|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)", TEXT, re.MULTILINE)
    assert table is not None
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table[1].splitlines()]


@pytest.mark.parametrize("row", rows("rate"), ids=lambda row: " ".join(row[:4]))
def test_times_to_a_verdict_are_what_power_says(row: list[str]) -> None:
    """Each line is `fairlead rollout power` of its numbers, for errors that double."""
    rate, weight, errors, margin = (float(cell.strip(" %").replace(",", "")) for cell in row[:4])
    found = canary_power(
        baseline=errors / 100, effect=errors / 100, rate=rate, alpha=0.03, margin=margin / 100, weight=int(weight)
    )
    times = (found.passing.median, found.passing.p90, found.stop.median, found.stop.p90)
    assert row[4:] == [minutes_text(each) for each in times]


def test_margins_are_the_default_ones() -> None:
    """No measure is left out, and none has another margin than the documentation says."""
    told: dict[str, Decimal] = {}
    for row in rows(r"measure \| margin if none is declared"):
        names, margins = re.findall(r"`([^`]+)`", row[0]), row[1].split(", ")
        told |= dict(zip(names, map(Decimal, margins), strict=True))
    assert told == dict(MARGINS)
