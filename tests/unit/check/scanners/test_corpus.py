"""The attack corpus: every attack is found, and no twin of one is."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import pytest

from fairlead.check.scanners.base import Problem
from fairlead.check.scanners.scan import scan_file
from tests.corpus.case import Case, load_cases

FOLDER = Path(__file__).parents[3] / "corpus/attacks"
CASES = load_cases(FOLDER)
LEAST = 40


def scanned(case: Case, data: bytes, path: str) -> list[Problem]:
    """What the scanner says of a file of the artifact."""
    return scan_file(io.BytesIO(data), path, len(data), case.files | {path})


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_attack_is_found_and_its_twin_is_not(case: Case) -> None:
    """One changed fact makes the difference."""
    found = [problem.rule for problem in scanned(case, case.attack(), case.path)]
    twin = scanned(case, case.benign(), case.twin_path or case.path)
    assert found
    assert not case.rule or case.rule in found, found
    assert twin == []


def test_the_corpus_is_large_and_each_shape_is_there_once(capsys: pytest.CaptureFixture[str]) -> None:
    """Prints the table: cases, caught, false alarms, by file of the corpus."""
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names) >= LEAST
    kinds = Counter(name.partition(":")[0] for name in names)
    caught = Counter(case.name.partition(":")[0] for case in CASES if scanned(case, case.attack(), case.path))
    alarms = Counter(
        case.name.partition(":")[0] for case in CASES if scanned(case, case.benign(), case.twin_path or case.path)
    )
    with capsys.disabled():
        print(f"\n{'shapes':<16}{'cases':>7}{'caught':>8}{'false alarms':>14}")  # noqa: T201 - the table is asked for
        for kind in (*sorted(kinds), "all"):
            numbers = [sum(each.values()) if kind == "all" else each[kind] for each in (kinds, caught, alarms)]
            print(f"{kind:<16}{numbers[0]:>7}{numbers[1]:>8}{numbers[2]:>14}")  # noqa: T201 - as above
    assert caught == kinds
    assert not alarms
