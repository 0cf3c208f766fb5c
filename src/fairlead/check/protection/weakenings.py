"""Rules before and after a change -> everything that the change weakens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from fairlead.check.protection.judged_by import judged_by
from fairlead.check.protection.people import people
from fairlead.check.protection.rules import GateRules
from fairlead.check.protection.set_aside import set_aside
from fairlead.check.protection.weakening import Weakening

__all__ = ["Weakening", "touched", "weakenings"]

_FILE = "fairlead.yaml"


def weakenings(before: GateRules, after: GateRules) -> tuple[Weakening, ...]:
    """What `after` weakens of `before`, in order of place; nothing where `before` guarded nothing.

    What cannot be shown to be stricter counts as weaker. Rules that are new, and people who are gone, weaken nothing.
    """
    if not before.guards or before == after:
        return ()
    if not after.readable:
        message = f"{_FILE} is gone or cannot be read, and with it all rules"
        return (Weakening(_FILE, "protection/no-rules", message),)
    found = {*judged_by(before, after), *people(before, after), *set_aside(before, after), *_around(before, after)}
    return tuple(sorted(found))


def touched(
    weak: Iterable[Weakening], meanwhile: Iterable[Weakening], own: Iterable[Weakening]
) -> tuple[Weakening, ...]:
    """Which weakenings a change brings, where the target went on after the change left it.

    `weak` is what the change has less of than the target has now, `meanwhile` what the commit that it left had less of,
    `own` what the change took away from that. What the change lacks only because it is older does not count.
    """
    older = {(each.path, each.rule, each.message) for each in meanwhile}
    places = {(each.path, each.rule) for each in own}
    return tuple(
        each for each in weak if (each.path, each.rule, each.message) not in older or (each.path, each.rule) in places
    )


def _around(before: GateRules, after: GateRules) -> Iterator[Weakening]:
    """What no rule says, and what decides all the same: where files are, and what they are."""
    known = set(before.oddities)
    for odd in after.oddities:
        if odd not in known:
            yield Weakening(odd.path, "protection/irregular", f"rules are read from here: {odd.what}")
    if after.name != before.name:
        message = f"the workspace is called `{after.name}`: signed notes of another one would count, and ours would not"
        yield Weakening(_FILE, "protection/name", message)
    for name, region in before.regions.items():
        if name in after.regions and after.regions[name] != region:
            message = f"environment `{name}` is said to stand in another region, which rules on residency believe"
            yield Weakening(_FILE, "protection/region", message)
    if not after.policies.vulnerabilities and before.policies.vulnerabilities:
        yield Weakening(_FILE, "protection/vulnerabilities", "the vulnerability database is no longer looked at")
    elif after.policies.vulnerabilities != before.policies.vulnerabilities and before.policies.vulnerabilities:
        yield Weakening(_FILE, "protection/vulnerabilities", "another vulnerability database is looked at")
    else:
        yield from _entries(before.vulnerabilities, after.vulnerabilities)


def _entries(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Weakening]:
    for path, digest in before.items():
        if after.get(path) != digest:
            what = "was changed" if path in after else "was removed"
            yield Weakening(path, "protection/vulnerabilities", f"a known vulnerability {what}")
