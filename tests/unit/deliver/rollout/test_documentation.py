"""The state diagrams in the documentation are those of the machine: nothing drawn that cannot happen, or left out."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fairlead.domain.rollout import Phase
from tests.unit.deliver.rollout.walk import edges

DOCUMENT = Path(__file__).parents[4] / "docs" / "rollouts.md"
TITLES = {"canary": "Canary", "blueGreen": "Blue and green", "shadow": "Shadow"}


def section(title: str) -> str:
    """The text below a heading."""
    parts = re.split(r"^## (.+)$", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[title]


def diagram(text: str) -> list[tuple[str, str]]:
    """The edges of the one state diagram in a section."""
    (drawn,) = re.findall(r"^```mermaid\nstateDiagram-v2\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)
    lines = [re.fullmatch(r" {4}(\S+) --> (\w+|\[\*\])(?:: [^:;]+)?", line) for line in drawn.splitlines()]
    assert all(lines), "a line that is no edge"
    return [(found[1], found[2]) for found in lines if found]


def table(text: str) -> list[tuple[str, str]]:
    """The first and the last column of the one table in a section."""
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    assert rows[0] == ["From", "What leads there", "To"]
    return [(row[0], row[2]) for row in rows[2:]]


@pytest.mark.parametrize("strategy", TITLES)
def test_a_diagram_shows_what_can_happen(strategy: str) -> None:
    """Each transition that any facts or commands bring about is drawn, once, and no other."""
    drawn = diagram(section(TITLES[strategy]))
    ends = {("[*]", "preparing"), *((str(phase), "[*]") for phase in Phase if phase.final)}
    assert len(drawn) == len(set(drawn))
    assert set(drawn) - ends == {(str(one), str(other)) for one, other in edges(strategy)}
    assert ends <= set(drawn)


@pytest.mark.parametrize("strategy", TITLES)
def test_a_table_says_the_same_as_its_diagram(strategy: str) -> None:
    """Whoever cannot see the diagram reads the same."""
    told = table(section(TITLES[strategy]))
    assert len(told) == len(set(told))
    assert [edge for edge in diagram(section(TITLES[strategy])) if "[*]" not in edge] == told


def test_every_phase_is_explained() -> None:
    """The table of phases has them all, in their order."""
    rows = re.findall(r"^\| (\w+) \|", section("Phases"), flags=re.MULTILINE)
    assert rows[1:] == [str(phase) for phase in Phase]
