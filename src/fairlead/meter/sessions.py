"""When the machine was paid for: sessions as one fact that outlives the control process. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from fairlead.domain.usage import MachineSession
from fairlead.kernel.windows import parse_iso

__all__ = ["FACT", "begin", "decode_sessions", "encode_sessions", "end"]

FACT = "meter.sessions"
"""Key of the fact."""

_KEPT = 100


def begin(sessions: Sequence[MachineSession], now: datetime, cores: int) -> tuple[MachineSession, ...]:
    """Start a session, unless one runs: a restart of the control process changes nothing."""
    if sessions and sessions[-1].end is None:
        return tuple(sessions)
    return (*sessions, MachineSession(now, None, cores))[-_KEPT:]


def end(sessions: Sequence[MachineSession], now: datetime) -> tuple[MachineSession, ...]:
    """End the running session after a drained stop."""
    if not sessions or sessions[-1].end is not None:
        return tuple(sessions)
    return (*sessions[:-1], replace(sessions[-1], end=now))


def encode_sessions(sessions: Sequence[MachineSession]) -> str:
    """The fact's text."""
    return json.dumps([[each.start.isoformat(), each.end and each.end.isoformat(), each.cores] for each in sessions])


def decode_sessions(text: str | None) -> tuple[MachineSession, ...]:
    """The sessions of the fact, oldest first; none where there is no fact."""
    return tuple(
        MachineSession(parse_iso(start), parse_iso(stop) if stop else None, cores)
        for start, stop, cores in json.loads(text or "[]")
    )
