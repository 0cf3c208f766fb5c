"""What a model was asked since the scaler's last step: the gateway's log, and beside it the gateway's own counts.

A request is in the log when it has ended. So what came in is what ended, and by how much more are under way now than
before. The gateway counts what it sends to servers; where the log says far less than that, it is not believed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fairlead.domain.access import count_in, epoch_us, times_in
from fairlead.domain.plan import Key
from fairlead.domain.serving import ModelLoad
from fairlead.flows.scaling.capacity import Interval
from fairlead.meter.collectors.access_log import AccessLog, Batch, LogPosition, parse_lines

__all__ = ["UNMEASURED", "Counted", "Counts", "Tally", "count", "read_tally"]

UNMEASURED = "nothing has been measured yet"
"""Why the demand is not known at the first step; that is no fault."""

_NOTICEABLE = 2
"""Requests that may be missing in the log before it is doubted: what just ended is written a moment later."""


@dataclass(slots=True)
class Tally:
    """Requests of one model that ended in a stretch of the log. Times in microseconds.

    `times` is how long each took, `served` when it was at its server, if it was answered well; `lines` are those of
    any method that reached a server, which the gateway counts as well.
    """

    requests: int = 0
    lines: int = 0
    served: list[Interval] = field(default_factory=list)
    times: list[int] = field(default_factory=list)
    held: int = 0
    held_us: int = 0
    refused: int = 0
    behind: LogPosition = field(default_factory=LogPosition)
    lost: bool = False


def read_tally(source: AccessLog, start: LogPosition, key: Key) -> Tally:
    """Everything whole behind `start`; `behind` is where the next step begins."""
    found = Tally(behind=start)
    mark = f'"{key[1]}"'.encode()
    for batch in source.batches(start):
        found.lost = found.lost or batch.lost
        for raw in _lines(batch, mark):
            if (raw.get("environment"), raw.get("model")) == key:
                found.lines += bool(raw.get("server"))
                if raw.get("method") == "POST":
                    _add(found, raw)
        found.behind = batch.after(batch.data.count(b"\n"))
    return found


def _lines(batch: Batch, mark: bytes) -> Iterable[Mapping[str, Any]]:
    kept = b"".join(line for line in batch.data.splitlines(keepends=True) if mark in line)
    return (each for each in parse_lines(kept) if isinstance(each, dict)) if kept else ()


def _add(found: Tally, raw: Mapping[str, Any]) -> None:
    try:
        whole, served = times_in(raw)
        code, begun = count_in(raw, "code") or 0, epoch_us(str(raw.get("start")))
    except (ValueError, TypeError):
        return  # a damaged line; the meter says so
    found.requests += 1
    found.times.append(whole)
    if 200 <= code < 300 and served > 0:  # noqa: PLR2004 - answered well
        end = begun + whole
        found.served.append(Interval(str(raw.get("server")), end - served, end))
    if raw.get("held"):
        found.held += 1
        found.held_us += max(0, whole - served)
        found.refused += code == 503  # noqa: PLR2004 - it waited in vain


@dataclass(frozen=True, slots=True)
class Counts:
    """Where the counting stood at a step, to be kept: all that the next one needs."""

    log: LogPosition | None = None
    active: int = 0
    held: int = 0
    begun: Mapping[str, int] = field(default_factory=dict)
    failures: int = 0
    missing: int = 0
    """Requests that the gateway has counted, and the log has not told of so far."""
    doubted: bool = False
    """Whether the log was not believed; it is again once it tells of what is counted."""
    answered: Mapping[str, int] = field(default_factory=dict)
    """What each server has answered by its own count, where the gateway did not answer."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A step's requests. `demand` None: the log cannot be believed, for the reason in `doubt`.

    `asked` are requests by the gateway's own count, or by the servers' where it does not answer; None: nobody counts.
    """

    demand: int | None
    doubt: str
    asked: int | None
    load: ModelLoad | None
    tally: Tally
    after: Counts


def count(before: Counts, tally: Tally, load: ModelLoad | None, failures: int, answered: Mapping[str, int]) -> Counted:
    """What came in since `before`. `failures` are the gateway's writes of its log that failed since its start.

    Where it does not answer (`load` None), what servers have `answered` by their own count stands in for its count.
    """
    if load is None:
        known = [max(0, total - before.answered[each]) for each, total in answered.items() if each in before.answered]
        after = replace(before, log=tally.behind, answered=dict(answered))
        return Counted(None, "the gateway does not answer", sum(known) if known else None, None, tally, after)
    asked = sum(max(0, total - before.begun.get(name, 0)) for name, total in load.begun.items())
    ended = max(0, asked - (load.active - before.active))
    missing = max(0, before.missing + ended - tally.lines)
    silent = missing > max(_NOTICEABLE, tally.lines) or (before.doubted and not tally.lines)
    doubt = _doubt(before, tally, failures, silent=silent)
    first = before.log is None
    lacking, doubted = (0, False) if first else (0 if silent else missing, silent)
    after = Counts(tally.behind, load.active, load.held, dict(load.begun), failures, lacking, doubted)
    more = (load.active + load.held) - (before.active + before.held)
    demand = None if doubt else max(0, tally.requests + more)
    return Counted(demand, doubt, asked, load, tally, after)


def _doubt(before: Counts, tally: Tally, failures: int, *, silent: bool) -> str:
    """Why the log is not believed; '' where it is."""
    if before.log is None:
        return UNMEASURED
    if tally.lost:
        return "a part of the gateway's log is gone"
    if failures > before.failures:
        return "the gateway cannot write its log"
    return "the gateway's log lacks requests that it has answered" if silent else ""
