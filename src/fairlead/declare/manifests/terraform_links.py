"""How the resources of a Terraform plan hang together: launch templates, service plans, the regions of providers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.declare.manifests.cloud import LINKED, linked_names
from fairlead.declare.manifests.pods import mapping, sequence
from fairlead.declare.manifests.sensitive import masked

__all__ = ["Links", "states"]

_Attributes = Mapping[str, Any] | None


def states(change: Mapping[str, Any]) -> tuple[_Attributes, _Attributes]:
    """Attributes before and after a change, without what the plan marks as sensitive."""
    before = masked(change.get("before"), change.get("before_sensitive"))
    after = masked(change.get("after"), change.get("after_sensitive"))
    return before if isinstance(before, dict) else None, after if isinstance(after, dict) else None


class Links:
    """Looks up what a resource is made from, and in which region its provider works."""

    def __init__(self, plan: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]) -> None:
        self._configuration = mapping(plan.get("configuration"))
        self._variables = mapping(plan.get("variables"))
        self._by_value: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._by_address: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._declared: dict[str, Mapping[str, Mapping[str, Any]]] = {}
        wanted = set(LINKED.values())
        for each in changes:
            kind = str(each.get("type"))
            if kind in wanted:
                self._remember(kind, each)

    def _remember(self, kind: str, change: Mapping[str, Any]) -> None:
        module = str(change.get("module_address") or "")
        self._by_address.setdefault((module, f"{kind}.{change.get('name')}"), change)
        about = mapping(change.get("change"))
        for attributes in (mapping(about.get("before")), mapping(about.get("after"))):
            for name in (attributes.get("id"), attributes.get("name")):
                if isinstance(name, str) and name:
                    self._by_value.setdefault((kind, name), change)

    def of(self, change: Mapping[str, Any], kind: str) -> tuple[_Attributes, _Attributes]:
        """Attributes before and after of what a resource is made from; None where that is not in the plan."""
        target = LINKED.get(kind)
        if target is None:
            return None, None
        found = self._referenced(change, target) or self._named(change, target)
        return states(mapping(mapping(found).get("change")))

    def _named(self, change: Mapping[str, Any], target: str) -> Mapping[str, Any] | None:
        about = mapping(change.get("change"))
        names = linked_names(mapping(about.get("after"))) | linked_names(mapping(about.get("before")))
        found = (self._by_value.get((target, name)) for name in sorted(names))
        return next((each for each in found if each is not None), None)

    def _referenced(self, change: Mapping[str, Any], target: str) -> Mapping[str, Any] | None:
        module = str(change.get("module_address") or "")
        for reference in _references(self._declaration(change).get("expressions")):
            if reference.startswith(f"{target}."):
                name = ".".join(reference.split("[")[0].split(".")[:2])
                found = self._by_address.get((module, name))
                if found is not None:
                    return found
        return None

    def _declaration(self, change: Mapping[str, Any]) -> Mapping[str, Any]:
        """What the configuration says of a resource, or an empty mapping."""
        module = str(change.get("module_address") or "")
        if module not in self._declared:
            resources = map(mapping, sequence(self._module(module).get("resources")))
            self._declared[module] = {str(each.get("address")): each for each in resources}
        return self._declared[module].get(f"{change.get('type')}.{change.get('name')}", {})

    def _module(self, address: str) -> Mapping[str, Any]:
        """The configuration of `module.a["x"].module.b`."""
        module = mapping(self._configuration.get("root_module"))
        for name in _module_names(address):
            module = mapping(mapping(mapping(module.get("module_calls")).get(name)).get("module"))
        return module

    def region(self, change: Mapping[str, Any]) -> str:
        """The region that the resource's provider is configured with, or empty."""
        declared = self._declaration(change)
        key = str(declared.get("provider_config_key") or "")
        providers = mapping(self._configuration.get("provider_config"))
        # A module that is handed a provider has a key of its own, which ends like that of the provider.
        config = mapping(providers.get(key) or providers.get(key.rpartition(":")[2]))
        region = mapping(mapping(config.get("expressions")).get("region"))
        # A variable of a module is not the one of that name at the root.
        return self._constant(region, within_module="module_address" in config)

    def _constant(self, expression: Mapping[str, Any], *, within_module: bool) -> str:
        value = expression.get("constant_value")
        if isinstance(value, str):
            return value
        for reference in () if within_module else sequence(expression.get("references")):
            name = str(reference).removeprefix("var.")
            value = mapping(self._variables.get(name)).get("value")
            if str(reference).startswith("var.") and isinstance(value, str):
                return value
        return ""


def _module_names(address: str) -> list[str]:
    """`a` and `b` of `module.a["x.y"].module.b[0]`."""
    names, inside, word = [], False, ""
    for letter in [*address, "."]:
        if letter in "[]":
            inside = letter == "["
        elif inside:
            continue
        elif letter == ".":
            names.append(word)
            word = ""
        else:
            word += letter
    return [each for each in names if each and each != "module"]


def _references(expressions: object) -> list[str]:
    """Every reference in a resource's expressions, to any depth (the reader has bounded it)."""
    found, waiting = [], [expressions]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            found += [str(name) for name in sequence(each.get("references"))]
            waiting += each.values()
        elif isinstance(each, list):
            waiting += each
    return found
