"""One entry of an OSV database: whether it concerns a version, how bad it is, and which version mends it.

Source: Open Source Vulnerability format, https://ossf.github.io/osv-schema/, "affected[].ranges[]" and "Evaluation".
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.check.dependencies.cvss import base_score, rating_of
from fairlead.check.dependencies.versions import BEGINNING, Order, order_of
from fairlead.domain.dependency import Dependency, normal_name

__all__ = ["RATINGS", "BrokenAdvisoryError", "Match", "match"]

RATINGS = ("unknown", "none", "low", "medium", "high", "critical")
"""How bad, in rising order. `unknown` is not harmless: nobody has said."""

_WORDS = {"critical": "critical", "high": "high", "moderate": "medium", "medium": "medium", "low": "low"}
_COMPARED = {"ECOSYSTEM", "SEMVER"}
_MALWARE = "MAL-"
"""Ids of packages that were made to harm; nobody computes a score for these."""


class BrokenAdvisoryError(Exception):
    """An entry is not of OSV's shape; the message says where."""


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that concerns a dependency. `fixed` is the first version that mends it, '' where there is none."""

    id: str
    aliases: frozenset[str]
    severity: str
    fixed: str
    summary: str


def match(entry: Mapping[str, Any], dependency: Dependency) -> Match | None:
    """The entry as it concerns `dependency`; None where it does not, or was withdrawn. BrokenAdvisoryError."""
    identity = entry.get("id")
    if not isinstance(identity, str) or not identity:
        raise BrokenAdvisoryError("it has no id")
    if entry.get("withdrawn"):
        return None
    order = order_of(dependency.ecosystem)
    concerned = [each for each in _list(entry, "affected") if _is_of(each, dependency)]
    hit = [each for each in concerned if _concerns(each, dependency.version, order)]
    if not hit:
        return None
    return Match(
        identity,
        frozenset(str(each) for each in _list(entry, "aliases")),
        _severity(entry, hit),
        _fixed(hit, dependency.version, order),
        str(entry.get("summary") or entry.get("details") or "")[:200].strip(),
    )


def _list(raw: Mapping[str, Any], key: str) -> list[Any]:
    value = raw.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise BrokenAdvisoryError(f"`{key}` is no list")
    return value


def _objects(raw: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    values = _list(raw, key)
    if not all(isinstance(each, dict) for each in values):
        raise BrokenAdvisoryError(f"`{key}` holds something that is no object")
    return values


def _is_of(affected: object, dependency: Dependency) -> bool:
    package = affected.get("package") if isinstance(affected, dict) else None
    if not isinstance(package, dict):
        return False
    ecosystem = str(package.get("ecosystem")).partition(":")[0]
    return ecosystem == dependency.ecosystem and normal_name(ecosystem, str(package.get("name"))) == dependency.name


def _concerns(affected: Mapping[str, Any], version: str, order: Order) -> bool:
    wanted = order(version)
    if any(_same(str(each), version, wanted, order) for each in _list(affected, "versions")):
        return True
    ranges = [each for each in _objects(affected, "ranges") if each.get("type") in _COMPARED]
    return any(_in_range(_events(each, order), wanted) for each in ranges)


def _same(listed: str, version: str, wanted: object, order: Order) -> bool:
    """Listed versions are texts, some of them from before their ecosystem had rules."""
    try:
        return listed == version or bool(order(listed) == wanted)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class _Event:
    kind: str
    text: str
    at: Any
    """The version in its order; None is before every one."""


def _events(bounds: Mapping[str, Any], order: Order) -> list[_Event]:
    found: list[_Event] = []
    for raw in _objects(bounds, "events"):
        for kind, text in raw.items():
            if kind not in {"introduced", "fixed", "last_affected", "limit"} or not isinstance(text, str):
                raise BrokenAdvisoryError(f"an event is `{kind}: {text}`"[:100])
            found.append(_Event(kind, text, _position(text, order)))
    return found


def _position(text: str, order: Order) -> Any:  # noqa: ANN401 - ecosystems order by values of their own
    if text in {BEGINNING, "*"}:
        return None
    try:
        return order(text)
    except ValueError as error:
        raise BrokenAdvisoryError(f"an event names `{text[:40]}`, which is no version") from error


def _in_range(events: Iterable[_Event], version: Any) -> bool:  # noqa: ANN401 - the same
    """The evaluation of the format: events in the order of their versions switch the range on and off."""
    known = list(events)
    limits = [each for each in known if each.kind == "limit"]
    if limits and not any(each.text == "*" or (each.at is not None and version < each.at) for each in limits):
        return False
    begun = [each for each in known if each.at is None]
    later = sorted((each for each in known if each.at is not None), key=lambda each: each.at)
    inside = False
    for event in [*begun, *later]:
        if event.kind == "introduced" and (event.at is None or version >= event.at):
            inside = True
        elif (event.kind == "fixed" and event.at is not None and version >= event.at) or (
            event.kind == "last_affected" and event.at is not None and version > event.at
        ):
            inside = False
    return inside


def _fixed(affected: Iterable[Mapping[str, Any]], version: str, order: Order) -> str:
    """The first fix above `version`."""
    wanted = order(version)
    events = (
        event
        for each in affected
        for bounds in _objects(each, "ranges")
        if bounds.get("type") in _COMPARED
        for event in _events(bounds, order)
    )
    fixes = [each for each in events if each.kind == "fixed" and each.at is not None and each.at > wanted]
    return min(fixes, key=lambda each: each.at).text if fixes else ""


def _severity(entry: Mapping[str, Any], affected: Iterable[Mapping[str, Any]]) -> str:
    """By score where there is one, else by the word of the database."""
    if str(entry.get("id")).startswith(_MALWARE):
        return "critical"
    holders = [entry, *affected]
    scores = [score for holder in holders for score in _scores(holder)]
    if scores:
        return rating_of(max(scores))
    words = [holder.get("database_specific") for holder in holders] + [h.get("ecosystem_specific") for h in holders]
    told = [_WORDS.get(str(each.get("severity")).lower(), "unknown") for each in words if isinstance(each, dict)]
    return max(told, key=RATINGS.index, default="unknown")


def _scores(holder: Mapping[str, Any]) -> Iterator[float]:
    for each in _objects(holder, "severity"):
        score = base_score(str(each.get("score"))) if each.get("type") == "CVSS_V3" else None
        if score is not None:
            yield score
