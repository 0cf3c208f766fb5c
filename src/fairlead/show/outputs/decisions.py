"""The journal's records as lines that people follow: one per decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairlead.domain.journal import Record
from fairlead.domain.release import SHORT
from fairlead.show.outputs.figures import moment_text
from fairlead.show.outputs.text import safe

__all__ = ["render_decision", "told"]

_TOLD = ("step", "message", "reason", "subject", "mend")


def render_decision(record: Record) -> str:
    """`2026-11-23 12:00:05Z deployment.live prod/digits digits@0123456789ab: why`, or the beginning of its digest."""
    draft = record.draft
    place = "/".join(part for part in (draft.environment, draft.model) if part)
    release = str(draft.body.get("name") or draft.release[:SHORT])
    commit = draft.commit[:SHORT] if draft.commit[:SHORT] not in release else ""
    parts = [moment_text(record.at) or "", draft.kind, place, release, commit]
    line = " ".join(part for part in parts if part)
    words = told(draft.body)
    return safe(f"{line}: {words}" if words else line)


def told(body: Mapping[str, Any]) -> str:
    """What the record says in words."""
    return " - ".join(text for key in _TOLD if isinstance(text := body.get(key), str) and text)
