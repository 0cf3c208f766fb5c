"""Asking all rules about all cases: through fairlead's own engine, and through a real `opa`, in one run each."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import fairlead.check
from fairlead.check.engines.base import Case as Asked
from fairlead.check.engines.base import Engine, Question
from fairlead.check.policies.packs import load_pack
from fairlead.domain.policy import Policy

PACKS = Path(fairlead.check.__file__).parent / "packs"

NAMES = sorted(each.name for each in PACKS.iterdir() if each.is_dir() and each.name != "lib")

Answers = Mapping[str, Mapping[str, Sequence[tuple[str, str]]]]
"""By case and rule id: (verdict, message) of each violation, sorted. Rules that say nothing are left out."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A document to judge. `parameters` None: none are merged in, as in Gatekeeper."""

    name: str
    document: Mapping[str, Any]
    data: Mapping[str, Any]
    parameters: Mapping[str, Any] | None


@cache
def rules() -> tuple[Policy, ...]:
    """Every rule of every pack."""
    return tuple(policy for name in NAMES for policy in load_pack(name))


def judges(policy: Policy, document: Mapping[str, Any]) -> bool:
    """Whether a rule looks at documents of this kind."""
    return any(document["kind"] in each["kinds"] for each in policy.match.criteria["kinds"])


def parameters(policy: Policy, asking: Asking) -> Mapping[str, Any]:
    """What the rule is told: its defaults, and those of the case over them."""
    if asking.parameters is None:
        return {}
    own = {name: value for name, value in asking.parameters.items() if name in policy.parameters}
    return {**policy.parameters, **own}


def ask_engine(engine: Engine, askings: Sequence[Asking]) -> Answers:
    """What fairlead's own engine says. Cases with the same data go to it together, as in a check."""
    programs = {each.rule.id: engine.compile(each.modules, each.entrypoint, each.dialect) for each in rules()}
    together: dict[str, list[Asking]] = {}
    for asking in askings:
        together.setdefault(json.dumps(asking.data), []).append(asking)
    answers: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for group in together.values():
        asked = [(asking, policy) for asking in group for policy in rules() if judges(policy, asking.document)]
        told = {_key(*each): Question(programs[each[1].rule.id], parameters(each[1], each[0])) for each in asked}
        places = {key: place for place, key in enumerate(told)}
        cases = [
            Asked({"object": asking.document}, [places[_key(asking, policy)] for policy in of])
            for asking, of in _by_asking(asked)
        ]
        replies = engine.evaluate_many(list(told.values()), cases, group[0].data)
        for (asking, of), reply in zip(_by_asking(asked), replies, strict=True):
            for policy, answer in zip(of, reply, strict=True):
                assert answer.fault is None, (asking.name, policy.rule.id, answer.fault)
                said = [(each.details.get("verdict", "fail"), each.message) for each in answer.violations]
                if said:
                    answers.setdefault(asking.name, {})[policy.rule.id] = sorted(said)
    return answers


def _key(asking: Asking, policy: Policy) -> tuple[str, str]:
    return policy.rule.id, json.dumps(parameters(policy, asking))


def _by_asking(asked: Sequence[tuple[Asking, Policy]]) -> list[tuple[Asking, list[Policy]]]:
    return [(asking, [policy for _, policy in of]) for asking, of in groupby(asked, key=itemgetter(0))]


_HARNESS = """package harness

import rego.v1

answers[name][id] := said if {
	some name, asking in data.askings
	some id, rule in asking.rules
	said := data.fairlead[rule.pack][rule.name].violation
		with input as {"review": {"object": asking.document}, "parameters": rule.parameters}
		with data.fairlead.ledger as object.get(asking.data.fairlead, "ledger", null)
		with data.fairlead.now as object.get(asking.data.fairlead, "now", null)
	count(said) > 0
}
"""


def ask_opa(opa: str, askings: Sequence[Asking], folder: Path) -> Answers:
    """What a real `opa` says, with its strict treatment of errors."""
    (folder / "askings.json").write_text(json.dumps({"askings": {each.name: _sent(each) for each in askings}}))
    (folder / "harness.rego").write_text(_HARNESS)
    files = [str(PACKS), str(folder / "askings.json"), str(folder / "harness.rego")]
    command = [opa, "eval", "--strict-builtin-errors", "--format", "json", "data.harness.answers"]
    for file in files:
        command += ["--data", file]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    found = json.loads(done.stdout)["result"][0]["expressions"][0]["value"]
    return {name: {id_: _read(said) for id_, said in by_rule.items()} for name, by_rule in found.items()}


def _sent(asking: Asking) -> dict[str, Any]:
    asked = {}
    for policy in rules():
        if judges(policy, asking.document):
            _, pack, name, _ = policy.entrypoint.split(".")
            asked[policy.rule.id] = {"pack": pack, "name": name, "parameters": parameters(policy, asking)}
    return {"document": asking.document, "data": asking.data, "rules": asked}


def _read(said: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    return sorted((each["details"].get("verdict", "fail"), each["msg"]) for each in said)
