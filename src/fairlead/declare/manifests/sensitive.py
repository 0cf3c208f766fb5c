"""What a plan marks as secret is taken out while it is read, so that no policy, report or log can show it."""

from __future__ import annotations

from typing import Any

__all__ = ["HIDDEN", "masked", "unwrapped"]

HIDDEN = "(sensitive)"
"""What stands in the place of a secret."""

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
