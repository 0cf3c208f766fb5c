"""What the gateway's log says of both releases since the last look: requests, failures, times, tokens, answers.

A tester's requests, and what nobody answers for money, count in neither arm.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.domain.access import count_in, epoch_us, is_failure, times_in
from fairlead.domain.plan import Key
from fairlead.flows.rollouts.tail import LogTail, Piece
from fairlead.meter.collectors.access_log import LogPosition, parse_lines

__all__ = ["AMBIGUOUS", "FAILED", "ArmTally", "Arms", "Copies", "Wanted", "read_arms", "read_copies"]

FAILED, AMBIGUOUS = "\0failed", "\0ambiguous"
"""Instead of an answer: there was none, or nobody can tell whose it is."""

_MOST_ANSWERS = 20_000
"""Answers of one look that wait for their copies; what is above is left out of the comparison."""


@dataclass(slots=True)
class ArmTally:
    """Requests of one release in one look. Times are service times in microseconds of what was answered well."""

    requests: int = 0
    failures: int = 0
    outside: int = 0
    """Failed, or slower than the SLO's latency."""
    times: list[int] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)
    inferences: int = 0
    answers: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Arms:
    """Both releases in one look; `met` requests and `customers` met the new one, judged or not.

    `told` are answers of the old one by request id, FAILED for one that it failed to answer. `damaged` lines could not
    be read: each may be of a request that met the new one. `lost`: a part of the log was gone before it was read.
    """

    new: ArmTally = field(default_factory=ArmTally)
    old: ArmTally = field(default_factory=ArmTally)
    met: int = 0
    customers: set[str] = field(default_factory=set)
    told: dict[str, str] = field(default_factory=dict)
    behind: LogPosition | None = None
    lost: bool = False
    damaged: int = 0
    apart: dict[str, tuple[ArmTally, ArmTally]] = field(default_factory=dict)
    """The new and the old release once more, by cluster, where `Wanted` has clusters."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines count: of this model in this environment, of these two releases."""

    environment: str
    model: str
    new: str
    old: str
    since_us: int = 0
    """Requests that began before it count in neither arm: of a release that had no traffic yet, only the quick answers
    would be known, and those are the failures."""
    slow_us: int = 0
    category: Callable[[str], str | None] | None = None
    """Category of an answer, where predictions are compared."""
    sealed: Callable[[str], str] | None = None
    """What is kept of an answer for comparison, where answers are compared."""
    cluster: Callable[[str], str] | None = None
    """Cluster of a customer ('': nobody known), where customers keep to a release."""

    @property
    def key(self) -> Key:
        """Environment and model."""
        return self.environment, self.model


def read_arms(log: LogTail, start: LogPosition, wanted: Wanted) -> Arms:
    """Everything whole behind `start`, counted; `behind` is where the next look begins."""
    found = Arms()

    def take(piece: Piece) -> None:
        found.lost = found.lost or piece.lost
        found.damaged += piece.unread
        for raw in parse_lines(piece.data) if piece.data else ():
            try:
                _count(found, raw, wanted)
            except (ValueError, TypeError, AttributeError):
                found.damaged += 1

    found.behind = log.read(wanted.key, start, take)
    return found


@dataclass(slots=True)
class Copies:
    """What the new release did with copies: counted as its arm, and its answers by request id (or FAILED)."""

    tally: ArmTally = field(default_factory=ArmTally)
    answers: dict[str, str] = field(default_factory=dict)
    behind: LogPosition | None = None


def read_copies(log: LogTail, start: LogPosition, wanted: Wanted) -> Copies:
    """Copies to the new release that ended behind `start`; what cannot be read is left out of the comparison."""
    found = Copies()

    def take(piece: Piece) -> None:
        for raw in parse_lines(piece.data) if piece.data else ():
            if isinstance(raw, dict) and _place(raw) == (*wanted.key, wanted.new):
                _tally(found.tally, raw, wanted)
                _tell(found.answers, raw, wanted)

    found.behind = log.read(wanted.key, start, take)
    return found


def _place(raw: Mapping[str, Any]) -> tuple[object, object, object]:
    return raw.get("environment"), raw.get("model"), raw.get("release")


def _count(found: Arms, raw: Mapping[str, Any], wanted: Wanted) -> None:
    environment, model, release = _place(raw)
    if (environment, model) != wanted.key or raw.get("method") != "POST" or raw.get("pinned"):
        return
    arm = {wanted.new: found.new, wanted.old: found.old}.get(str(release))
    if arm is None:
        return
    if arm is found.new:
        found.met += 1
        found.customers.add(str(raw.get("customer") or "unknown"))
    if epoch_us(str(raw.get("start"))) < wanted.since_us:
        return
    _tally(arm, raw, wanted)
    if wanted.cluster is not None:
        apart = found.apart.setdefault(wanted.cluster(str(raw.get("customer") or "")), (ArmTally(), ArmTally()))
        _tally(apart[arm is found.old], raw, wanted)
    if arm is found.old:
        _tell(found.told, raw, wanted)


def _tally(arm: ArmTally, raw: Mapping[str, Any], wanted: Wanted) -> None:
    code, flags = count_in(raw, "code") or 0, str(raw.get("flags") or "-")
    _, service = times_in(raw)
    failed = is_failure(code, flags)
    arm.requests += 1
    arm.failures += failed
    arm.outside += failed or (wanted.slow_us > 0 and service > wanted.slow_us)
    if not 200 <= code < 300:  # noqa: PLR2004 - answered well
        return
    arm.inferences += 1
    if service > 0:
        arm.times.append(service)
    given, made = count_in(raw, "input_tokens"), count_in(raw, "output_tokens")
    if given is not None and made is not None:
        arm.tokens.append(given + made)
    category = wanted.category(_text(raw)) if wanted.category and raw.get("answer") is not None else None
    if category is not None:
        arm.answers[category] += 1


def _tell(told: dict[str, str], raw: Mapping[str, Any], wanted: Wanted) -> None:
    """Keep an answer for comparison. An id that a client used twice belongs to no one request: it is left out."""
    if wanted.sealed is None:
        return
    failed = is_failure(count_in(raw, "code") or 0, str(raw.get("flags") or "-"))
    request = str(raw.get("request"))
    if request in told:
        told[request] = AMBIGUOUS
    elif len(told) >= _MOST_ANSWERS:
        return
    elif failed:
        told[request] = FAILED
    elif raw.get("answer") is not None:
        told[request] = wanted.sealed(_text(raw))


def _text(raw: Mapping[str, Any]) -> str:
    answer = raw.get("answer")
    return answer if isinstance(answer, str) else json.dumps(answer)
