"""How many servers a running release may have: as many as it passed with, until it passes with more."""

from __future__ import annotations

from fairlead.declare.reader import Declared
from fairlead.domain.plan import Key
from fairlead.flows.converging.ruling import Ruled
from fairlead.ports import StateStore

__all__ = ["allowed", "remember_servers"]

_PASSED = "servers/"
"""Facts: the number of servers that a release passed with, by environment and model."""


def allowed(state: StateStore, ruled: Ruled | None) -> dict[Key, int]:
    """The most servers of releases that are in violation, or about which the rules have not answered yet."""
    known = {_key(name): int(count) for name, count in state.facts(_PASSED).items()}
    if ruled is None:
        return known
    return {key: count for key, count in known.items() if any(each.blocks for each in ruled.running.get(key, ()))}


def remember_servers(state: StateStore, ruled: Ruled, declared: Declared) -> None:
    """Keep the numbers of those that pass now. Without rules there is nothing to keep to."""
    known = state.facts(_PASSED)
    for (environment, model), findings in ruled.running.items():
        found = declared.models.get(model)
        if found is None or found.spec is None or environment not in found.spec.environments:
            continue
        name, count = f"{environment}/{model}", str(found.spec.most_in(environment))
        if ruled.rules.judged and known.get(name) != count and not any(each.blocks for each in findings):
            state.put_fact(f"{_PASSED}{name}", count)


def _key(name: str) -> Key:
    environment, _, model = name.partition("/")
    return environment, model
