"""A weakening: what a change takes away from the rules that stood before it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Weakening"]


@dataclass(frozen=True, slots=True, order=True)
class Weakening:
    """`rule` is `protection/...`, `path` the file that weakens. `subject` approves it beside `policies:<digest>`."""

    path: str
    rule: str
    message: str
    subject: str = ""
