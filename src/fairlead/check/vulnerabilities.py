"""Packages against a database of known vulnerabilities: what is found, once for each defect, with the mend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from fairlead.check.dependencies.advisory import RATINGS, BrokenAdvisoryError, Match, match
from fairlead.check.dependencies.versions import order_of
from fairlead.domain.dependency import Dependency
from fairlead.domain.finding import Finding, Severity

__all__ = ["AdvisoryDatabase", "Vulnerability", "broken_findings", "vulnerabilities", "vulnerability_finding"]

_BLOCKING = {"critical", "high", "unknown"}
_PREFERRED = ("GHSA-", "PYSEC-", "MAL-", "CVE-")


class AdvisoryDatabase(Protocol):
    """Entries in the OSV format, by the package that they concern."""

    def advisories(self, ecosystem: str, name: str) -> Iterator[Mapping[str, Any]]:
        """Every entry about a package, as it is written."""

    def broken(self, entry: str, reason: str) -> None:
        """Note that an entry is not of the format."""


@dataclass(frozen=True, slots=True, order=True)
class Vulnerability:
    """A known defect of a package in use. `fixed` is '' where no version mends it.

    `severity` is a word of CVSS, or `unknown`.
    """

    package: str
    version: str
    id: str
    severity: str
    fixed: str
    ecosystem: str = ""
    summary: str = ""
    aliases: tuple[str, ...] = ()
    path: str = ""
    line: int = 1


def vulnerabilities(dependencies: Iterable[Dependency], database: AdvisoryDatabase) -> tuple[Vulnerability, ...]:
    """Every known vulnerability of `dependencies`, in order. Entries that are aliases of one another are one.

    An entry that is broken is noted with the database, and the others are still read.
    """
    found: list[Vulnerability] = []
    for dependency in dependencies:
        matches = list(_matches(dependency, database))
        found += [_joined(dependency, same) for same in _by_alias(matches)]
    return tuple(sorted(set(found)))


def _matches(dependency: Dependency, database: AdvisoryDatabase) -> Iterator[Match]:
    for entry in database.advisories(dependency.ecosystem, dependency.name):
        try:
            found = match(entry, dependency)
        except BrokenAdvisoryError as error:
            database.broken(str(entry.get("id", "?")), str(error))
            continue
        if found is not None:
            yield found


def _by_alias(matches: Iterable[Match]) -> list[list[Match]]:
    """Groups of matches that share an id or an alias, directly or through others."""
    groups: list[tuple[set[str], list[Match]]] = []
    for each in matches:
        names, same = {each.id, *each.aliases}, [each]
        rest: list[tuple[set[str], list[Match]]] = []
        for known, others in groups:
            if known & names:
                names, same = names | known, [*others, *same]
            else:
                rest.append((known, others))
        groups = [*rest, (names, same)]
    return [same for _, same in groups]


def _joined(dependency: Dependency, same: list[Match]) -> Vulnerability:
    """One vulnerability of several entries: the worst rating, and a version that mends what all of them say."""
    names = sorted({name for each in same for name in (each.id, *each.aliases)})
    chosen = min(same, key=lambda each: (_rank(each.id), each.id))
    order = order_of(dependency.ecosystem)
    fixes = [each.fixed for each in same if each.fixed]
    return Vulnerability(
        package=dependency.name,
        version=dependency.version,
        id=chosen.id,
        severity=max((each.severity for each in same), key=RATINGS.index),
        fixed=max(fixes, key=order) if fixes else "",
        ecosystem=dependency.ecosystem,
        summary=chosen.summary or next((each.summary for each in same if each.summary), ""),
        aliases=tuple(name for name in names if name != chosen.id),
        path=dependency.path,
        line=dependency.line,
    )


def _rank(identity: str) -> int:
    return next((rank for rank, prefix in enumerate(_PREFERRED) if identity.startswith(prefix)), len(_PREFERRED))


def vulnerability_finding(found: Vulnerability, model: str = "") -> Finding:
    """The finding at the package's line. Critical, high and unrated ones block."""
    also = f" ({', '.join(found.aliases[:3])})" if found.aliases else ""
    said = f": {found.summary}" if found.summary else ""
    message = f"{found.package} {found.version} has {found.id}{also}, {found.severity}{said}"
    mend = f"move to {found.package} {found.fixed} or later" if found.fixed else "no version mends it: do without it"
    severity = Severity.ERROR if found.severity in _BLOCKING else Severity.WARNING
    rating = found.severity if found.severity in RATINGS[2:] else ""
    place = (found.path, found.line, 1)
    return Finding(
        *place, "scan/vulnerable-dependency", message, mend, severity, model, rating=rating, reference=found.id
    )


def broken_findings(problems: Iterable[tuple[str, str]], folder: str) -> tuple[Finding, ...]:
    """One finding for all entries of a database that could not be read."""
    told = list(problems)
    if not told:
        return ()
    shown = "; ".join(f"{entry}: {reason}" for entry, reason in told[:3])
    count = "an entry" if len(told) == 1 else f"{len(told)} entries"
    message = f"{count} of the vulnerability database cannot be read: {shown}"
    mend = "fetch the database again; what they warn of is not known"
    return (Finding(folder, 0, 0, "scan/broken-advisory", message, mend, Severity.WARNING),)
