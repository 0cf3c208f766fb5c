"""What is kept of a model's scaler between two steps, written as one value with the record that explains its order.

The value is the fact `scaling/<environment>/<model>`; the history by five minutes stands beside it, in a fact of its
own. A process that is killed counts the same lines of the log again, into the same sums.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from fairlead.domain.journal import Draft
from fairlead.domain.plan import Key
from fairlead.flows.scaling.capacity import ServiceTimes
from fairlead.flows.scaling.counting import Counts
from fairlead.flows.scaling.money import Spent
from fairlead.flows.world import World

__all__ = [
    "HISTORY",
    "WINDOW_S",
    "Cold",
    "Foretold",
    "History",
    "Kept",
    "keep",
    "kept",
    "kept_history",
    "kept_scalers",
    "with_window",
]

_FACT = "scaling/"
HISTORY = "scaling-history/"
"""Facts: [[epoch second of a window's begin, requests, work in replica-seconds], ...], oldest first."""

WINDOW_S = 300
_WINDOWS = 14 * 288


@dataclass(frozen=True, slots=True)
class Cold:
    """Cold starts so far. `waking` is when the one that is under way began."""

    starts: int = 0
    start_ms: int = 0
    held: int = 0
    held_ms: int = 0
    refused: int = 0
    waking: datetime | None = None


@dataclass(frozen=True, slots=True)
class Foretold:
    """Since `since`: milliseconds of replicas as ordered, and of those that ran; requests, and late ones of them."""

    since: datetime
    ordered_ms: int = 0
    ran_ms: int = 0
    requests: int = 0
    late: int = 0


@dataclass(frozen=True, slots=True)
class Kept:
    """One model's scaler as it was after its last step, which was `at`.

    `form` says of which declaration `learnt` is; `decided` is what was ordered last, and why; `window` the five minutes
    that are not over: begin, requests, work in replica-milliseconds; `blind` why the demand is not known ('': it is).
    """

    at: datetime
    order: int
    form: str = ""
    learnt: Any = None
    counts: Counts = field(default_factory=Counts)
    times: ServiceTimes = field(default_factory=ServiceTimes)
    spent: Spent = field(default_factory=Spent)
    foretold: Foretold | None = None
    cold: Cold = field(default_factory=Cold)
    window: tuple[int, int, int] = (0, 0, 0)
    blind: str = ""
    decided: Mapping[str, str] = field(default_factory=dict)


History = tuple[tuple[int, int, int], ...]
"""Begin of a window in epoch seconds, requests, work in replica-milliseconds; oldest first."""

_FORM = TypeAdapter(Kept)


def kept(world: World, key: Key) -> Kept | None:
    """What was kept; None where there is nothing, or nothing that this program can read: it begins anew."""
    text = world.state.fact(_FACT + "/".join(key))
    return _read(text) if text else None


def kept_scalers(world: World) -> dict[Key, Kept]:
    """Of all models."""
    found = {(name.partition("/")[0], name.partition("/")[2]): _read(text) for name, text in _texts(world).items()}
    return {key: each for key, each in found.items() if each is not None}


def keep(world: World, key: Key, value: Kept, draft: Draft | None = None) -> None:
    """Write it down, with the record of what it decided, if that is another order."""
    world.state.put_fact(_FACT + "/".join(key), _FORM.dump_json(value).decode(), draft)


def kept_history(world: World, key: Key) -> History:
    """Windows of five minutes, oldest first; those without a row were not measured."""
    text = world.state.fact(HISTORY + "/".join(key))
    return tuple((begin, requests, work) for begin, requests, work in json.loads(text)) if text else ()


def with_window(world: World, key: Key, value: Kept, now: datetime, requests: int, work_ms: int) -> Kept:
    """With a step's requests in its window. A window that is over goes into the history, first, and there once."""
    begin, asked, work = value.window
    place = int(now.timestamp()) // WINDOW_S * WINDOW_S
    if begin == place:
        return replace(value, window=(begin, asked + requests, work + work_ms))
    if begin:
        rows = [each for each in kept_history(world, key) if each[0] != begin]
        text = json.dumps([*rows, value.window][-_WINDOWS:])
        world.state.put_fact(HISTORY + "/".join(key), text)
    return replace(value, window=(place, requests, work_ms))


def _texts(world: World) -> Mapping[str, str]:
    return world.state.facts(_FACT)


def _read(text: str) -> Kept | None:
    try:
        return _FORM.validate_json(text)
    except ValidationError:
        return None
