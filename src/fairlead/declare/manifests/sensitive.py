"""What a plan marks as secret is taken out while it is read, so that no policy, report or log can show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.declare.literal_secrets import HIDDEN

__all__ = ["masked", "plan_document", "unwrapped"]

_PULUMI_MARK = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi marks a value as something else than itself (`SigKey` of its SDK)."""


def masked(value: Any, marks: object) -> Any:  # noqa: ANN401 - JSON is whatever it is
    """`value` without what `marks`, of the same shape, says is sensitive (Terraform's `before_sensitive`)."""
    if marks is True:
        return HIDDEN
    if isinstance(value, dict) and isinstance(marks, dict):
        return {key: masked(each, marks.get(key)) for key, each in value.items()}
    if isinstance(value, list) and isinstance(marks, list):
        marked = [*marks, *[None] * len(value)]
        return [masked(each, marked[at]) for at, each in enumerate(value)]
    return value


def unwrapped(value: Any) -> Any:  # noqa: ANN401 - JSON is whatever it is
    """`value` without what Pulumi wraps as a secret, plain or encrypted."""
    if isinstance(value, dict):
        if _PULUMI_MARK in value and ("plaintext" in value or "ciphertext" in value or "value" in value):
            return HIDDEN
        return {key: unwrapped(each) for key, each in value.items()}
    return [unwrapped(each) for each in value] if isinstance(value, list) else value


def plan_document(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Terraform's plan as rules for plans expect it, without what it marks as sensitive, and without variables."""
    kept = {key: plan[key] for key in ("format_version", "terraform_version", "timestamp") if key in plan}
    changes = plan.get("resource_changes")
    values = plan.get("planned_values")
    root = values.get("root_module") if isinstance(values, dict) else None
    return {
        **kept,
        "resource_changes": [_change(each) for each in changes] if isinstance(changes, list) else [],
        "planned_values": {"root_module": _module(root)},
    }


def _change(entry: Any) -> Any:  # noqa: ANN401 - JSON is whatever it is
    change = entry.get("change") if isinstance(entry, dict) else None
    if not isinstance(change, dict):
        return {}
    before, after = (masked(change.get(when), change.get(f"{when}_sensitive")) for when in ("before", "after"))
    return {**entry, "change": {**change, "before": before, "after": after}}


def _module(module: Any, depth: int = 0) -> dict[str, Any]:  # noqa: ANN401 - JSON is whatever it is
    if not isinstance(module, dict) or depth > _DEEPEST:
        return {}
    resources = [each for each in module.get("resources") or () if isinstance(each, dict)]
    children = [_module(each, depth + 1) for each in module.get("child_modules") or ()]
    shown = [{**each, "values": masked(each.get("values"), each.get("sensitive_values"))} for each in resources]
    address = {"address": module["address"]} if "address" in module else {}
    return {**address, "resources": shown, **({"child_modules": children} if children else {})}


_DEEPEST = 32
