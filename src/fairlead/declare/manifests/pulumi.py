"""What `pulumi preview --json` prints -> resources before and after, named as Terraform names them.

Format: `PreviewDigest` of Pulumi's Go SDK; a step's states are its `ResourceV3`. Most providers are made from
Terraform's, so that their types and properties are Terraform's in another spelling.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fairlead.declare.manifests.cloud import LINKED, normal_region, region_of
from fairlead.declare.manifests.documents import manifests_of
from fairlead.declare.manifests.pods import mapping, sequence
from fairlead.declare.manifests.pulumi_types import TYPES
from fairlead.declare.manifests.sensitive import unwrapped
from fairlead.declare.yaml_text import shorten
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.infrastructure import Change, InfraDocument, Infrastructure, Manifest, Resource

__all__ = ["is_preview", "read_preview"]

_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What stands where a value is known only after the update (`UnknownStringValue` of Pulumi's SDK)."""

_MAX_STEPS = 100_000
_ACTIONS = {
    "same": Change.NO_OP,
    "refresh": Change.NO_OP,
    "create": Change.CREATE,
    "import": Change.CREATE,
    "update": Change.UPDATE,
    "delete": Change.DELETE,
    "replace": Change.REPLACE,
    "create-replacement": Change.REPLACE,
    "delete-replaced": Change.REPLACE,
    "import-replacement": Change.REPLACE,
    "discard-replaced": Change.REPLACE,
}
_IGNORED = frozenset({"read", "read-replacement", "read-discard", "discard", "remove-pending-replace"})
_PROVIDERS = {"aws": "aws", "azure": "azure", "azure-native": "azure", "gcp": "google", "kubernetes": "kubernetes"}
_CAPITAL = re.compile(r"(?<=[a-z0-9])([A-Z])")
_KEEP = frozenset({"limits", "requests", "tags", "labels", "environment", "metadata"})
"""Mappings whose keys are the user's own, and not properties to be spelled otherwise."""


def is_preview(data: object) -> bool:
    """Whether the content is such a preview."""
    return (
        isinstance(data, dict)
        and "steps" in data
        and ("changeSummary" in data or "config" in data or "duration" in data)
    )


def read_preview(path: str, preview: Mapping[str, Any]) -> Infrastructure:
    """All resources of the preview; the steps of one replacement are one resource."""
    findings: list[Finding] = []
    steps = list(map(mapping, sequence(preview.get("steps"))))
    if len(steps) > _MAX_STEPS:
        message = f"the preview has more than the {_MAX_STEPS} steps that are read"
        findings.append(_finding(path, "infra/too-large", message, "preview a smaller stack"))
        steps = steps[:_MAX_STEPS]
    if preview.get("maybeCorrupt") is True or _errors(preview):
        message = "the preview ended with an error, and is not whole"
        findings.append(_finding(path, "infra/incomplete-plan", message, "mend what `pulumi preview` says"))
    by_urn: dict[str, list[Mapping[str, Any]]] = {}
    for step in steps:
        operation = str(step.get("op"))
        if operation in _ACTIONS:
            by_urn.setdefault(str(step.get("urn") or ""), []).append(step)
        elif operation not in _IGNORED:
            message = f"the step {shorten(operation)} of {shorten(str(step.get('urn')))} is not known"
            findings.append(
                _finding(path, "infra/unknown-action", message, "preview with a version that fairlead knows")
            )
    stack = _Stack(path, mapping(preview.get("config")), by_urn)
    resources = [each for urn in by_urn if (each := stack.resource(urn)) is not None]
    manifests = [each for urn in by_urn for each in stack.manifests(urn)]
    document = {"steps": [unwrapped(each) for each in steps], "changeSummary": preview.get("changeSummary")}
    found = (tuple(resources), tuple(manifests), tuple(sorted(findings)))
    return Infrastructure(InfraDocument.PULUMI_PREVIEW, *found, document, path)


def _errors(preview: Mapping[str, Any]) -> bool:
    return any(each.get("severity") == "error" for each in map(mapping, sequence(preview.get("diagnostics"))))


class _Stack:
    """The steps of a preview by resource, with the stack's configuration."""

    def __init__(self, path: str, config: Mapping[str, Any], by_urn: Mapping[str, list[Mapping[str, Any]]]) -> None:
        self._path = path
        self._config = config
        self._by_urn = by_urn

    def resource(self, urn: str) -> Resource | None:
        """The resource of that name, or None for what is a group of others, or a provider."""
        before, after = self._states(urn)
        state = after or before or {}
        native = str(state.get("type") or "")
        if not state.get("custom", True) or native.startswith("pulumi:") or not native:
            return None
        provider = _PROVIDERS.get(native.partition(":")[0], native.partition(":")[0])
        kind = TYPES.get(native, native)
        old, new = _attributes(before), _attributes(after)
        linked_before, linked_after = self._linked(kind, state)
        own = region_of(provider, new or old or {}) or region_of(provider, linked_after or linked_before or {})
        region = own or self._region(provider)
        return Resource(
            address=urn,
            type=kind,
            provider=provider,
            region=region,
            path=self._path,
            line=0,
            action=self._action(urn),
            before=old,
            after=new,
            unknown=_unknown_names(after),
            linked_before=linked_before,
            linked_after=linked_after,
            native_type=native,
        )

    def _action(self, urn: str) -> Change:
        found = [_ACTIONS[str(step.get("op"))] for step in self._by_urn[urn]]
        return Change.REPLACE if Change.REPLACE in found else found[0]

    def _states(self, urn: str) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
        before = after = None
        for step in self._by_urn.get(urn, ()):
            operation = step.get("op")
            if isinstance(step.get("oldState"), dict) and operation not in {"create", "import"}:
                before = step["oldState"]
            if isinstance(step.get("newState"), dict) and operation not in {"delete", "delete-replaced"}:
                after = step["newState"]
            if operation in {"same", "refresh"}:
                before = before or after
                after = after or before
        return before, after

    def _linked(self, kind: str, state: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
        target = LINKED.get(kind)
        for urn in map(str, sequence(state.get("dependencies")) if target else ()):
            before, after = self._states(urn)
            if TYPES.get(str(mapping(after or before).get("type"))) == target:
                return _attributes(before), _attributes(after)
        return None, None

    def _region(self, provider: str) -> str:
        names = {"aws": ("aws:region",), "azure": ("azure-native:location", "azure:location")}
        names["google"] = ("gcp:region", "gcp:zone")
        found = (self._config.get(name) for name in names.get(provider, ()))
        return normal_region(provider, next((each for each in found if isinstance(each, str)), ""))

    def manifests(self, urn: str) -> list[Manifest]:
        """The Kubernetes document that a resource of the provider `kubernetes` is."""
        _, after = self._states(urn)
        state = mapping(after)
        if not str(state.get("type")).startswith("kubernetes:"):
            return []
        return manifests_of(self._path, mapping(unwrapped(state.get("inputs"))))


def _attributes(state: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """A state's properties in Terraform's spelling: what was asked for, and beside it what came of it."""
    if state is None:
        return None
    known = {**mapping(unwrapped(state.get("outputs"))), **mapping(unwrapped(state.get("inputs")))}
    return {_snake(name): _spelled(value, name) for name, value in known.items() if not name.startswith("__")}


def _spelled(value: Any, name: str) -> Any:  # noqa: ANN401 - JSON is whatever it is
    """The same value with its keys in Terraform's spelling; a value that is not known yet is None, as in Terraform."""
    if value == _UNKNOWN:
        return None
    if isinstance(value, list):
        return [_spelled(each, name) for each in value]
    if isinstance(value, dict):
        if name in _KEEP:
            return value
        return {_snake(key): _spelled(each, key) for key, each in value.items()}
    return value


def _snake(name: str) -> str:
    return _CAPITAL.sub(r"_\1", name).lower()


def _unknown_names(state: Mapping[str, Any] | None) -> frozenset[str]:
    inputs = mapping(mapping(state).get("inputs"))
    return frozenset(_snake(name) for name, value in inputs.items() if _holds_unknown(value))


def _holds_unknown(value: object) -> bool:
    waiting: list[Iterable[object]] = [[value]]
    while waiting:
        for each in waiting.pop():
            if each == _UNKNOWN:
                return True
            if isinstance(each, (dict, list)):
                waiting.append(each.values() if isinstance(each, dict) else each)
    return False


def _finding(path: str, rule: str, message: str, mend: str) -> Finding:
    return Finding(path, 0, 0, rule, message, mend, Severity.INSUFFICIENT)
