"""How the resources of a Terraform plan hang together: launch templates, service plans, the regions of providers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.declare.manifests.cloud import LINKED, linked_names
from fairlead.declare.manifests.pods import mapping, sequence

__all__ = ["Links"]

_Attributes = Mapping[str, Any] | None


class Links:
    """Looks up what a resource is made from, and in which region its provider works."""

    def __init__(self, plan: Mapping[str, Any], changes: Sequence[Mapping[str, Any]]) -> None:
        self._configuration = mapping(plan.get("configuration"))
        self._variables = mapping(plan.get("variables"))
        self._by_type: dict[str, list[Mapping[str, Any]]] = {}
        self._by_name: dict[tuple[str, str], Mapping[str, Any]] = {}
        wanted = set(LINKED.values())
        for each in changes:
            kind = str(each.get("type"))
            if kind in wanted:
                self._by_type.setdefault(kind, []).append(each)
                self._by_name.setdefault((str(each.get("module_address") or ""), f"{kind}.{each.get('name')}"), each)

    def of(self, change: Mapping[str, Any], kind: str) -> tuple[_Attributes, _Attributes]:
        """Attributes before and after of what a resource is made from; None where that is not in the plan."""
        target = LINKED.get(kind)
        if target is None:
            return None, None
        found = self._by_reference(change, target) or self._by_value(change, target)
        about = mapping(mapping(found).get("change"))
        before, after = about.get("before"), about.get("after")
        return before if isinstance(before, dict) else None, after if isinstance(after, dict) else None

    def _by_value(self, change: Mapping[str, Any], target: str) -> Mapping[str, Any] | None:
        about = mapping(change.get("change"))
        names = linked_names(mapping(about.get("after"))) | linked_names(mapping(about.get("before")))
        for each in self._by_type.get(target, ()):
            about = mapping(each.get("change"))
            for attributes in (mapping(about.get("before")), mapping(about.get("after"))):
                if {attributes.get("id"), attributes.get("name")} & names - {None, ""}:
                    return each
        return None

    def _by_reference(self, change: Mapping[str, Any], target: str) -> Mapping[str, Any] | None:
        module = str(change.get("module_address") or "")
        expressions = self._expressions(module, f"{change.get('type')}.{change.get('name')}")
        for reference in _references(expressions):
            if reference.startswith(f"{target}."):
                name = ".".join(reference.split("[")[0].split(".")[:2])
                found = self._by_name.get((module, name))
                if found is not None:
                    return found
        return None

    def _expressions(self, module_address: str, address: str) -> Mapping[str, Any]:
        module = self._module(module_address)
        found = (each for each in map(mapping, sequence(module.get("resources"))) if each.get("address") == address)
        return mapping(next(found, {}).get("expressions"))

    def _module(self, address: str) -> Mapping[str, Any]:
        """The configuration of `module.a["x"].module.b`."""
        module = mapping(self._configuration.get("root_module"))
        for name in _module_names(address):
            module = mapping(mapping(mapping(module.get("module_calls")).get(name)).get("module"))
        return module

    def region(self, change: Mapping[str, Any]) -> str:
        """The region that the resource's provider is configured with, or empty."""
        kind = f"{change.get('type')}.{change.get('name')}"
        module = self._module(str(change.get("module_address") or ""))
        declared = next(
            (each for each in map(mapping, sequence(module.get("resources"))) if each.get("address") == kind), {}
        )
        key = str(declared.get("provider_config_key") or "")
        providers = mapping(self._configuration.get("provider_config"))
        # A module that is handed a provider has a key of its own, which ends like that of the provider.
        config = mapping(providers.get(key) or providers.get(key.rpartition(":")[2]))
        return self._constant(mapping(mapping(config.get("expressions")).get("region")))

    def _constant(self, expression: Mapping[str, Any]) -> str:
        value = expression.get("constant_value")
        if isinstance(value, str):
            return value
        for reference in sequence(expression.get("references")):
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
