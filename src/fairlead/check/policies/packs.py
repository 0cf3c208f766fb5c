"""The packs that come with fairlead: their rules, as the workspace and its environments tune them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from fairlead.check.policies.plain_rules import PlainRule, plain_rule
from fairlead.check.policies.read import Policies, together
from fairlead.check.policies.rego_text import RegoText, read_rego
from fairlead.domain.finding import Finding
from fairlead.domain.gate import PackSetting, PolicySource, RuleSetting
from fairlead.domain.policy import Enforcement, Module, Policy
from fairlead.kernel.errors import UsageError
from fairlead.kernel.money import plain

__all__ = ["Tuning", "load_pack", "load_packs", "pack_names", "pack_rules"]

_LIBRARY = "lib"
"""The folder of what rules of several packs import."""

Location = tuple[str | int, ...]
Locate = Callable[[Location], tuple[int, int]]
"""Line and column of a place in fairlead.yaml, given as keys and indexes from its top."""


def _nowhere(_: Location) -> tuple[int, int]:
    return 0, 0


@dataclass(frozen=True, slots=True)
class Tuning:
    """What the workspace says about packs, and its environments (in their order) beside it."""

    packs: Mapping[str, PackSetting]
    environments: Mapping[str, Mapping[str, PackSetting]] = field(default_factory=dict)
    path: str = "fairlead.yaml"
    locate: Locate = _nowhere


@cache
def pack_names() -> tuple[str, ...]:
    """The packs that there are."""
    folders = [each.name for each in _root().iterdir() if each.is_dir()]
    return tuple(sorted(name for name in folders if name[0].isalpha() and name != _LIBRARY))


def load_pack(name: str) -> tuple[Policy, ...]:
    """The rules of a pack as they come, each with the defaults of its parameters. UsageError for an unknown name."""
    return tuple(rule.policy for rule in pack_rules(name))


@cache
def pack_rules(name: str) -> tuple[PlainRule, ...]:
    """The rules of a pack with what their authors wrote about them, sorted by id. UsageError for an unknown name."""
    if name not in pack_names():
        mend = f"the packs are {', '.join(pack_names())}"
        raise UsageError(f"there is no pack {name}", mend=mend)
    own = [read_rego(module) for module in _modules(_root() / name, f"packs/{name}")]
    texts = [*own, *_library()]
    source = PolicySource(path=name)
    rules = [plain_rule(text, texts, f"{name}/{_stem(text)}", source) for text in own if text.heads_of("violation")]
    return tuple(sorted(rules, key=lambda each: each.policy.rule.id))


def load_packs(tuning: Tuning) -> Policies:
    """The rules of all packs that are on anywhere, as tuned; what the tuning names wrongly, as findings.

    What an environment says goes before what the workspace says, and there a rule's setting before its pack's. A rule
    that is tuned alike in all environments is one policy; else there is one for each way in which it is tuned.
    """
    wanted = [*tuning.packs, *(name for packs in tuning.environments.values() for name in packs)]
    findings = list(_unknown_packs(tuning))
    parts = [_tuned(name, tuning) for name in dict.fromkeys(wanted) if name in pack_names()]
    return together([Policies(findings=tuple(findings)), *parts])


def _tuned(pack: str, tuning: Tuning) -> Policies:
    rules = pack_rules(pack)
    findings: list[Finding] = []
    for setting, location in _settings(pack, tuning):
        findings += _misnamed(pack, rules, setting, location, tuning)
    policies = [policy for rule in rules for policy in _by_environment(pack, rule, tuning)]
    return Policies(tuple(policies), tuple(findings))


def _by_environment(pack: str, rule: PlainRule, tuning: Tuning) -> Iterator[Policy]:
    """One policy for each way in which a rule is tuned; '' stands for what belongs to no environment."""
    ways: dict[str, tuple[Policy, list[str]]] = {}
    for name in ("", *tuning.environments):
        override = tuning.environments.get(name, {}).get(pack)
        found = _in_force(rule, [each for each in (override, tuning.packs.get(pack)) if each is not None])
        key = repr((found.enforcement, found.parameters)) if found else ""
        if found is not None:
            ways.setdefault(key, (found, []))[1].append(name)
    for policy, names in ways.values():
        everywhere = len(names) == len(tuning.environments) + 1
        yield replace(policy, environments=() if everywhere else tuple(names))


def _in_force(rule: PlainRule, settings: Sequence[PackSetting]) -> Policy | None:
    """The rule under settings, nearest first; None where it is off."""
    name = rule.policy.rule.id.rpartition("/")[2]
    strength = next(_strengths(name, settings), "off")
    if strength == "off":
        return None
    parameters = dict(rule.notes.parameters)
    for setting in reversed(settings):
        given = {**setting.parameters, **setting.rules.get(name, RuleSetting()).parameters}
        known = rule.notes.parameters
        parameters |= {key: _fitted(value, known[key]) for key, value in given.items() if key in known}
    return replace(rule.policy, enforcement=Enforcement(strength), parameters=parameters)


def _strengths(name: str, settings: Sequence[PackSetting]) -> Iterator[str]:
    for place, setting in enumerate(settings):
        own = setting.rules.get(name, RuleSetting()).enforcement
        if own is not None:
            yield own
        # An environment that only sets a parameter leaves the pack's enforcement as it is.
        if "enforcement" in setting.model_fields_set or place == len(settings) - 1:
            yield setting.enforcement


def _settings(pack: str, tuning: Tuning) -> Iterator[tuple[PackSetting, Location]]:
    if pack in tuning.packs:
        yield tuning.packs[pack], ("policies", "packs", pack)
    for place, packs in enumerate(tuning.environments.values()):
        if pack in packs:
            yield packs[pack], ("environments", place, "policies", pack)


def _unknown_packs(tuning: Tuning) -> Iterator[Finding]:
    named: list[tuple[str, Location]] = [(name, ("policies", "packs", name)) for name in tuning.packs]
    for place, packs in enumerate(tuning.environments.values()):
        named += [(name, ("environments", place, "policies", name)) for name in packs]
    for name, location in named:
        if name not in pack_names():
            mend = f"the packs are {', '.join(pack_names())}"
            yield _finding(tuning, location, "policy/unknown-pack", f"there is no pack {name}", mend)


def _misnamed(
    pack: str, rules: Sequence[PlainRule], setting: PackSetting, location: Location, tuning: Tuning
) -> Iterator[Finding]:
    by_name = {rule.policy.rule.id.rpartition("/")[2]: rule.notes.parameters for rule in rules}
    everything = {key: value for parameters in by_name.values() for key, value in parameters.items()}
    yield from _misfits(setting.parameters, everything, (*location, "parameters"), pack, tuning)
    for name, rule in setting.rules.items():
        at = (*location, "rules", name)
        if name not in by_name:
            message = f"the pack {pack} has no rule {name}"
            yield _finding(tuning, at, "policy/unknown-rule", message, f"its rules are {', '.join(by_name)}")
            continue
        yield from _misfits(rule.parameters, by_name[name], (*at, "parameters"), f"{pack}/{name}", tuning)


def _misfits(
    given: Mapping[str, Any], known: Mapping[str, Any], location: Location, owner: str, tuning: Tuning
) -> Iterator[Finding]:
    """A parameter that nothing reads, or one whose kind of value would leave a rule without an answer."""
    for name, value in given.items():
        at = (*location, name)
        if name not in known:
            mend = f"its parameters are {', '.join(sorted(known)) or 'none'}"
            yield _finding(tuning, at, "policy/unknown-parameter", f"{owner} takes no parameter {name}", mend)
        elif known[name] is not None and _kind(_fitted(value, known[name])) != _kind(known[name]):
            message = f"{owner} takes {_kind(known[name])} as {name}, not {_kind(value)}"
            yield _finding(tuning, at, "policy/wrong-parameter", message, f"for example: {known[name]!r}")


def _finding(tuning: Tuning, location: Location, rule: str, message: str, mend: str) -> Finding:
    line, column = tuning.locate(location)
    return Finding(tuning.path, line, column, rule, message, mend)


def _fitted(value: object, default: object) -> object:
    """A declared value as the rule takes it: an amount that it reads as text keeps its digits."""
    if isinstance(default, str) and isinstance(value, (int, Decimal)) and not isinstance(value, bool):
        return plain(Decimal(value))
    return _json(value)


def _json(value: object) -> object:
    """A declared value as engines take it: numbers with a point are floats there."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(key): _json(each) for key, each in value.items()}
    return [_json(each) for each in value] if isinstance(value, (list, tuple)) else value


def _kind(value: object) -> str:
    kinds: tuple[tuple[type | tuple[type, ...], str], ...] = (
        (bool, "true or false"), (str, "a text"), (Mapping, "a mapping"), ((list, tuple), "a list"),
    )  # fmt: skip
    return next((name for kind, name in kinds if isinstance(value, kind)), "a number")


def _root() -> Traversable:
    return files("fairlead.check") / "packs"


@cache
def _library() -> tuple[RegoText, ...]:
    return tuple(read_rego(module) for module in _modules(_root() / _LIBRARY, f"packs/{_LIBRARY}"))


def _modules(folder: Traversable, path: str) -> Iterator[Module]:
    for each in sorted(folder.iterdir(), key=lambda each: each.name):
        if each.name.endswith(".rego") and not each.name.endswith("_test.rego"):
            yield Module(f"{path}/{each.name}", each.read_text(encoding="utf-8"))


def _stem(text: RegoText) -> str:
    return text.module.path.rpartition("/")[2].removesuffix(".rego")
