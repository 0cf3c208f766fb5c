"""What is judged, and how hard: packs, sources, the policy repository, the engine, signatures of artifacts."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from fairlead.check.protection.rules import Force, GateRules
from fairlead.check.protection.strictness import STRENGTHS, loosened
from fairlead.check.protection.weakening import Weakening
from fairlead.domain.gate import PolicySource

__all__ = ["judged_by"]

_FILE = "fairlead.yaml"


def judged_by(before: GateRules, after: GateRules) -> Iterator[Weakening]:
    """What of the rules themselves became weaker."""
    yield from _packs(before, after)
    yield from _environments(before, after)
    yield from _sources(before, after)
    yield from _modules(before, after)
    old, new = before.policies, after.policies
    if old.repository is not None and new.repository != old.repository:
        what = "moved to another commit or source" if new.repository else "removed"
        yield Weakening(_FILE, "protection/repository", f"the policy repository was {what}")
    if old.engine != new.engine:
        message = f"policies are evaluated by `{new.engine}` instead of `{old.engine}`"
        yield Weakening(_FILE, "protection/engine", message)
    yield from _signatures(before, after)
    for path in sorted({*old.infrastructure} - {*new.infrastructure}):
        yield Weakening(_FILE, "protection/infrastructure", f"`{path}` is no longer judged")


def _packs(before: GateRules, after: GateRules) -> Iterator[Weakening]:
    gone = {_pack(rule) for rule, _ in before.packs} - {_pack(rule) for rule, _ in after.packs}
    for pack in sorted(gone):
        yield Weakening(_FILE, "protection/pack-off", f"the pack `{pack}` is off")
    lost: _Lost = {}
    for (rule, environment), old in before.packs.items():
        # An environment that is gone is told of as a whole.
        if _pack(rule) not in gone and (not environment or environment in after.environments):
            _compare(lost, rule, environment, old, after.packs.get((rule, environment)))
    yield from _told(lost, everywhere={"", *before.environments} & {"", *after.environments})


_Lost = dict[tuple[str, str, str], list[str]]
"""What became weaker: kind of weakening, the pack's rule and how -> environments in which it did."""


def _compare(lost: _Lost, rule: str, environment: str, old: Force, new: Force | None) -> None:
    if new is None:
        lost.setdefault(("protection/rule-off", rule, "is off"), []).append(environment)
        return
    if STRENGTHS.index(new.strength) < STRENGTHS.index(old.strength):
        how = f"goes down from {old.strength} to {new.strength}"
        lost.setdefault(("protection/enforcement", rule, how), []).append(environment)
    for name in loosened(old.parameters, new.parameters):
        how = f"takes another `{name}`, which is not known to be stricter"
        lost.setdefault(("protection/parameter", rule, how), []).append(environment)


def _told(lost: _Lost, everywhere: Collection[str]) -> Iterator[Weakening]:
    for (kind, rule, how), environments in sorted(lost.items()):
        named = sorted({*environments} - {""})
        where = "" if {*environments} >= {*everywhere} or not named else f" in {', '.join(named)}"
        yield Weakening(_FILE, kind, f"`{rule}` {how}{where}")


def _pack(rule: str) -> str:
    return rule.rpartition("/")[0]


def _environments(before: GateRules, after: GateRules) -> Iterator[Weakening]:
    """Environments that came with fewer rules, or went with rules of their own: a model may move to where it is easy.

    A new environment has to be judged as hard as any other: by each rule of any, in its hardest form.
    """
    hardest: dict[str, Force] = {}
    for (rule, _), force in sorted(before.packs.items(), key=lambda each: each[0]):
        known = hardest.get(rule)
        if known is None or STRENGTHS.index(force.strength) > STRENGTHS.index(known.strength):
            hardest[rule] = force
    lost: _Lost = {}
    most = max([before.policies.approvals.required, *before.required.values()])
    for name in after.environments:
        if name in before.environments:
            continue
        for rule, force in hardest.items():
            _compare(lost, rule, name, force, after.packs.get((rule, name)))
        if after.required.get(name, 0) < most:
            message = f"the new environment `{name}` requires fewer approvals than the {most} of another"
            yield Weakening(_FILE, "protection/approvals", message)
    yield from _told(lost, everywhere=after.environments)
    for name in before.environments:
        if name not in after.environments and _has_own(before, name):
            message = f"environment `{name}` is gone, and with it rules that hold nowhere else"
            yield Weakening(_FILE, "protection/environment", message)


def _has_own(rules: GateRules, environment: str) -> bool:
    """Whether anything is asked of this environment that is not asked of everything."""
    common = {rule: force for (rule, name), force in rules.packs.items() if not name}
    own = {rule: force for (rule, name), force in rules.packs.items() if name == environment}
    named = any(environment in each.environments for each in rules.policies.sources)
    asked = rules.required.get(environment, 0) > rules.policies.approvals.required
    return named or asked or any(common.get(rule) != force for rule, force in own.items())


def _sources(before: GateRules, after: GateRules) -> Iterator[Weakening]:
    known = {_key(each): each for each in after.policies.sources}
    new = [name for name in after.environments if name not in before.environments]
    for source in before.policies.sources:
        found = known.get(_key(source))
        if found is None:
            message = f"the policies in `{source.path}` no longer hold, or are read otherwise"
            yield Weakening(_FILE, "protection/source", message)
            continue
        if STRENGTHS.index(found.enforcement) < STRENGTHS.index(source.enforcement):
            message = f"the policies in `{source.path}` go down from {source.enforcement} to {found.enforcement}"
            yield Weakening(_FILE, "protection/enforcement", message)
        lost = {*(source.environments or before.environments)} & {*after.environments} - {*found.environments}
        if found.environments and (lost or not source.environments):
            message = f"the policies in `{source.path}` hold in fewer environments"
            yield Weakening(_FILE, "protection/source", message)
        for name in new:
            if found.environments and name not in found.environments:
                message = f"the policies in `{source.path}` do not hold in the new environment `{name}`"
                yield Weakening(_FILE, "protection/environment", message)


def _key(source: PolicySource) -> tuple[str, str, str]:
    return source.path, source.dialect, source.entrypoint


def _modules(before: GateRules, after: GateRules) -> Iterator[Weakening]:
    """Any change of a policy's text, and any file beside it: Rego of one package can undo another file's."""
    for path in sorted({*before.modules, *after.modules}):
        if before.modules.get(path) == after.modules.get(path):
            continue
        if path not in after.modules:
            yield Weakening(path, "protection/policy", "a policy's file is gone")
        elif path in before.modules:
            yield Weakening(path, "protection/policy", "a policy was changed")
        elif any(_is_below(path, each.path) for each in before.policies.sources):
            yield Weakening(path, "protection/policy", "a file was added beside policies, where it can undo them")


def _is_below(path: str, folder: str) -> bool:
    return path == folder.strip("/") or path.startswith(f"{folder.strip('/')}/") or folder.strip("/") in {"", "."}


def _signatures(before: GateRules, after: GateRules) -> Iterator[Weakening]:
    old, new = before.policies.signatures, after.policies.signatures
    if not old.required:
        return
    if not new.required:
        yield Weakening(_FILE, "protection/signatures", "artifacts need no signature any more")
    for path, digest in sorted(after.keys.items()):
        if before.keys.get(path) != digest:
            yield Weakening(path, "protection/signatures", "another key is believed for artifacts")
    if new.file != old.file:
        yield Weakening(_FILE, "protection/signatures", "signatures of artifacts are read from another file")
