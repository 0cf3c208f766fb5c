"""A weakening: what a change takes away from the rules that stood before it."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Weakening"]


@dataclass(frozen=True, slots=True, order=True)
class Weakening:
    """`rule` is `protection/...`, `path` the file that weakens.

    `subject` approves it beside `policies:<digest>`; where it is `alone`, nothing else does: what is weakened stands
    in no rule, so that whoever approved the rules has not seen it.
    """

    path: str
    rule: str
    message: str
    subject: str = ""
    alone: bool = False
