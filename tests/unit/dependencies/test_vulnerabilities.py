"""Known vulnerabilities are found where they concern a version, and only there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

import pytest

from fairlead.check.dependencies.cvss import base_score, rating_of
from fairlead.check.dependencies.versions import order_of
from fairlead.check.vulnerabilities import Vulnerability, broken_findings, vulnerabilities, vulnerability_finding
from fairlead.domain.dependency import Dependency
from fairlead.domain.finding import Severity
from tests.unit.dependencies.entries import affected, entry


class Entries:
    """A database in memory."""

    def __init__(self, *entries: Mapping[str, Any]) -> None:
        self.entries, self.problems = entries, list[tuple[str, str]]()

    def advisories(self, ecosystem: str, name: str) -> Iterator[Mapping[str, Any]]:
        """All of them: the index only narrows."""
        yield from self.entries

    def broken(self, entry: str, reason: str) -> None:
        """Note it."""
        self.problems.append((entry, reason))


def found(version: str, *entries: Mapping[str, Any], ecosystem: str = "PyPI") -> tuple[Vulnerability, ...]:
    """What is known of torch at a version."""
    dependency = Dependency(ecosystem, "torch", version, "requirements.txt", 7)
    return vulnerabilities([dependency], Entries(*entries))


INTRODUCED_TWICE = affected({"introduced": "1.0"}, {"fixed": "1.5"}, {"introduced": "2.0"}, {"last_affected": "2.2"})


@pytest.mark.parametrize(
    ("version", "packages", "concerned"),
    [
        ("2.5.1", [], True),
        ("2.6.0", [], False),
        ("2.6.0rc1", [], True),
        ("2.5.1+cu118", [], True),
        ("0.9", [INTRODUCED_TWICE], False),
        ("1.0", [INTRODUCED_TWICE], True),
        ("1.5", [INTRODUCED_TWICE], False),
        ("2.2", [INTRODUCED_TWICE], True),
        ("2.2+local", [INTRODUCED_TWICE], True),
        ("2.2.1", [INTRODUCED_TWICE], False),
        ("2.0", [affected(versions=["2.0.0"])], True),
        ("2.1", [affected(versions=["2.0.0", "not a version"])], False),
        ("2.1", [affected({"introduced": "3"}, versions=["2.1"])], True),
        ("2.1", [affected({"introduced": "0"}, name="other")], False),
        ("2.1", [affected({"introduced": "0"}, package={"ecosystem": "npm", "name": "torch"})], False),
        ("2.1", [affected({"introduced": "0"}, name="Torch")], True),
        ("2.1", [affected({"fixed": "2.6"}, {"introduced": "0"})], True),
        ("2.1", [affected({"introduced": "0"}, {"limit": "2.0"})], False),
        ("1.9", [affected({"introduced": "0"}, {"limit": "2.0"})], True),
        ("2.1", [affected(ranges=[{"type": "GIT", "events": [{"introduced": "0"}]}])], False),
        ("2.1", [affected()], False),
    ],
)
def test_ranges(version: str, packages: list[dict[str, Any]], concerned: bool) -> None:  # noqa: FBT001 - a case's column
    """Events in the order of their versions, listed versions, local builds, other packages: as the format evaluates."""
    assert bool(found(version, entry(*packages))) is concerned


@pytest.mark.parametrize(
    ("version", "concerned"), [("1.9.9", True), ("2.0.0-alpha.1", True), ("2.0.0", False), ("v2.0.0+build", False)]
)
def test_semantic_versions(version: str, concerned: bool) -> None:  # noqa: FBT001 - a case's column
    """In npm a pre-release is before its release, and build metadata does not count."""
    package = affected(
        package={"ecosystem": "npm", "name": "torch"},
        ranges=[{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "2.0.0"}]}],
    )
    assert bool(found(version, entry(package), ecosystem="npm")) is concerned


def test_semantic_versions_are_ordered_as_their_specification_says() -> None:
    """Section 11's own example."""
    written = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
               "1.0.0-rc.1", "1.0.0", "2.0.0", "2.1.0", "2.1.1"]  # fmt: skip
    assert all(order_of("npm")(lower) < order_of("npm")(higher) for lower, higher in pairwise(written))


def test_a_vulnerability_says_the_mend() -> None:
    """The first fix above the version in use, the line of the lock file, and a rating."""
    package = affected({"introduced": "0"}, {"fixed": "1.5"}, {"introduced": "2.0"}, {"fixed": "2.6.0"})
    (one,) = found("2.1", entry(package, database_specific={"severity": "MODERATE"}))
    assert (one.fixed, one.severity, one.line) == ("2.6.0", "medium", 7)
    finding = vulnerability_finding(one, "credit")
    assert (finding.rule, finding.severity, finding.line) == ("scan/vulnerable-dependency", Severity.WARNING, 7)
    assert finding.mend == "move to torch 2.6.0 or later"
    assert finding.rating == "medium"


@pytest.mark.parametrize(
    ("changes", "severity", "blocks"),
    [
        (
            {"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]},
            "critical",
            True,
        ),
        ({"severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:L/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N"}]}, "low", False),
        ({"database_specific": {"severity": "HIGH"}}, "high", True),
        ({"severity": [{"type": "CVSS_V4", "score": "CVSS:4.0/AV:N"}]}, "unknown", True),
        ({"id": "MAL-2024-1"}, "critical", True),
        ({}, "unknown", True),
    ],
)
def test_what_is_not_rated_is_not_harmless(changes: dict[str, Any], severity: str, blocks: bool) -> None:  # noqa: FBT001
    """By score, else by the database's word; what nobody rated blocks as what is bad does."""
    (one,) = found("2.1", entry(**changes))
    assert one.severity == severity
    assert vulnerability_finding(one).blocks is blocks


@pytest.mark.parametrize(
    ("vector", "score", "rating"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, "critical"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, "medium"),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4, "medium"),
        ("CVSS:3.0/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8, "high"),
        ("CVSS:3.1/AV:P/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0, "none"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0, "critical"),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:N/A:N", 5.9, "medium"),
    ],
)
def test_scores_are_those_of_the_specification(vector: str, score: float, rating: str) -> None:
    """Scores that FIRST's examples and the national database give to these vectors."""
    assert base_score(vector) == score
    assert rating_of(score) == rating


@pytest.mark.parametrize("vector", ["", "CVSS:3.1", "CVSS:3.1/AV:N", "CVSS:2.0/AV:N/AC:L", "CVSS:3.1/AV:X/AC:L/PR:N"])
def test_half_a_vector_has_no_score(vector: str) -> None:
    """Nothing is guessed."""
    assert base_score(vector) is None


def test_a_defect_is_told_once() -> None:
    """Entries that share an alias, also over a third one, are one defect, with the worst rating and the latest fix."""
    told = found(
        "1.0",
        entry(affected({"introduced": "0"}, {"fixed": "2.0"}), id="PYSEC-2025-1", aliases=["CVE-2025-1"]),
        entry(affected({"introduced": "0"}, {"fixed": "2.6"}), id="CVE-2025-1", aliases=["CVE-2025-2"]),
        entry(
            affected({"introduced": "0"}),
            id="GHSA-a",
            aliases=["CVE-2025-2"],
            database_specific={"severity": "HIGH"},
        ),
        entry(id="GHSA-other"),
    )
    assert [(one.id, one.severity, one.fixed, one.aliases) for one in told] == [
        ("GHSA-a", "high", "2.6", ("CVE-2025-1", "CVE-2025-2", "PYSEC-2025-1")),
        ("GHSA-other", "unknown", "2.6.0", ()),
    ]


def test_a_withdrawn_entry_is_not_told() -> None:
    """Its author took it back."""
    assert found("1.0", entry(withdrawn="2025-01-01T00:00:00Z")) == ()


@pytest.mark.parametrize(
    "broken",
    [
        entry(id=None),
        entry(affected="x"),
        entry(affected({"introduced": "0"}, ranges=[{"type": "ECOSYSTEM", "events": ["x"]}])),
        entry(affected({"introduced": "not a version"})),
        entry(affected({"surprise": "1.0"})),
        entry(affected({"introduced": "0"}, ranges="x")),
        entry(severity="high"),
    ],
)
def test_a_broken_entry_hides_no_other(broken: dict[str, Any]) -> None:
    """It is told, and what stands beside it is still found."""
    database = Entries(broken, entry(id="GHSA-good"))
    told = vulnerabilities([Dependency("PyPI", "torch", "1.0", "r.txt")], database)
    assert [one.id for one in told] == ["GHSA-good"]
    assert len(database.problems) == 1
    assert broken_findings(database.problems, "osv")[0].rule == "scan/broken-advisory"
