"""What may be set aside: waivers, and the rules about them."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.check.protection.rules import GateRules
from fairlead.check.protection.weakening import Weakening
from fairlead.domain.approval import WaiverScope
from fairlead.domain.policy import Rating

__all__ = ["set_aside"]

_FILE = "fairlead.yaml"


def set_aside(before: GateRules, after: GateRules) -> Iterator[Weakening]:
    """Waivers that came, last longer or reach further, and rules that can be waived more easily."""
    old, new = before.policies.waivers, after.policies.waivers
    for rule in sorted({*old.never} - {*new.never}):
        yield Weakening(_FILE, "protection/waiver-rules", f"`{rule}` could not be waived, and now can be")
    for rating in Rating:
        if new.longest_for(rating) > old.longest_for(rating):
            yield Weakening(_FILE, "protection/waiver-rules", f"waivers of {rating} rules may last longer")
    if new.folder != old.folder:
        yield Weakening(_FILE, "protection/waiver-rules", f"waivers are read from `{new.folder}`")
    yield from _waivers(before, after)


def _waivers(before: GateRules, after: GateRules) -> Iterator[Weakening]:
    agreed = {each.digest for each in before.waivers.values()}
    for path, waiver in sorted(after.waivers.items()):
        if waiver.digest in agreed:
            continue
        known = before.waivers.get(path)
        subject = f"waiver:{waiver.digest}"
        if known is None or known.spec.rule != waiver.spec.rule:
            message = f"`{waiver.spec.rule}` is waived until {waiver.spec.expires}"
            yield Weakening(path, "protection/waiver", message, subject)
            continue
        if waiver.spec.expires > known.spec.expires:
            message = f"the waiver lasts until {waiver.spec.expires} instead of {known.spec.expires}"
            yield Weakening(path, "protection/waiver", message, subject)
        if _is_wider(waiver.spec.scope, known.spec.scope):
            yield Weakening(path, "protection/waiver", "the waiver covers more", subject)
        if waiver.spec.approved_by.casefold() != known.spec.approved_by.casefold():
            yield Weakening(path, "protection/waiver", "somebody else is said to have approved it", subject)


def _is_wider(new: WaiverScope, old: WaiverScope) -> bool:
    """Whether a field lists what it did not list, or lists nothing any more, which is everything."""
    pairs = ((new.models, old.models), (new.environments, old.environments), (new.paths, old.paths))
    return any(not after or {*after} - {*before} for after, before in pairs if before)
