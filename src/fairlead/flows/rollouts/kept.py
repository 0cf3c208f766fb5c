"""What is kept of a rollout between two looks: the machine's state and the analysis' sums, written as one value.

The value is the fact `rollouts/<environment>/<model>`; it changes in one transaction with the journal records that
explain it. A process that is killed loses nothing that it did not also leave unread in the gateway's log.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError

from fairlead.deliver.rollout.record import from_json, to_json
from fairlead.domain.analysis import DEFAULT_ANALYSIS, AnalysisFinding, AnalysisSpec
from fairlead.domain.journal import Draft
from fairlead.domain.plan import Key
from fairlead.domain.rollout import Rollout, RolloutEvent
from fairlead.flows.rollouts.costs import Spent
from fairlead.flows.rollouts.customers import Sums
from fairlead.flows.rollouts.deaths import Deaths
from fairlead.flows.world import World
from fairlead.meter.collectors.access_log import LogPosition

__all__ = ["Kept", "Measured", "Point", "keep", "kept", "kept_rollouts", "rollout_draft"]

_FACT = "rollouts/"
_SHIFT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Point:
    """A measure at a look, for the picture: estimate and confidence sequence of new - old; None: not known."""

    at: datetime
    weight: int
    measures: Mapping[str, tuple[float | None, float | None, float | None]]


@dataclass(frozen=True, slots=True)
class Measured:
    """What has been measured so far.

    `looked` is when last, `asked` when the new release was last seen to be asked. `log` and `copies` are the positions
    up to which the gateway's logs are counted; `sums` the analysis' state;
    `quantiles` what is learned of the old release before it is fixed, by measure; `cpu` the CPU time of each server
    at the last look; `idle` CPU microseconds per second of a server that nobody asks; `customers` who met the release.
    """

    looked: datetime | None = None
    asked: datetime | None = None
    log: LogPosition | None = None
    copies: LogPosition | None = None
    sums: Mapping[str, Any] = field(default_factory=dict)
    quantiles: Mapping[str, Any] = field(default_factory=dict)
    cpu: Mapping[str, int] = field(default_factory=dict)
    spent: Spent = field(default_factory=Spent)
    idle: float | None = None
    idle_since: datetime | None = None
    seal: str = ""
    """Key of the rollout, in hexadecimal, under which answers and their categories are kept as hashes."""
    pending: Mapping[str, str] = field(default_factory=dict)
    """Sealed answers that wait for their counterpart."""
    lost: str = ""
    """What of the gateway's log nobody could count, in a sentence: the newest loss, or the first damage."""
    requests: int = 0
    stepped: datetime | None = None
    since_step: int = 0
    """Requests to the new release since the step began that `stepped` is the moment of."""
    customers: tuple[str, ...] = ()
    clusters: Sums = field(default_factory=dict)
    """What customers sent who keep to a release."""
    finding: AnalysisFinding | None = None
    points: tuple[Point, ...] = ()
    deaths: Deaths = field(default_factory=Deaths)
    closed: bool = False
    """Whether who met the release was counted once more after the traffic went back."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A rollout with what was measured of it. `checks` as in RolloutFacts.

    `analysis` is the one that was declared when it began: alphas and margins that move with the data prove nothing.
    """

    rollout: Rollout
    analysis: AnalysisSpec
    measured: Measured = Measured()
    checks: str | None = None

    @property
    def key(self) -> Key:
        """Environment and model."""
        return self.rollout.environment, self.rollout.model

    @property
    def counts_from(self) -> datetime:
        """From when what is done counts at this step: the gateway has its weights."""
        return self.rollout.since + _SHIFT


_FORM = TypeAdapter(Measured)


def kept(world: World, environment: str, model: str) -> Kept | None:
    """The newest rollout of a model in an environment, ended or not."""
    text = world.state.fact(f"{_FACT}{environment}/{model}")
    return _read(text) if text else None


def kept_rollouts(world: World) -> dict[Key, Kept]:
    """The newest rollout of every model that had one."""
    found = (_read(text) for text in world.state.facts(_FACT).values() if text)
    return {each.key: each for each in found}


def keep(world: World, value: Kept, events: Iterable[RolloutEvent] = ()) -> None:
    """Write it down, with a record for each event; without events only what was measured has changed."""
    rollout = value.rollout
    raw = {
        "rollout": json.loads(to_json(rollout)),
        "analysis": value.analysis.model_dump(mode="json", by_alias=True),
        "measured": _FORM.dump_python(value.measured, mode="json"),
        "checks": value.checks,
    }
    text = json.dumps(raw)
    drafts = [rollout_draft(rollout, each) for each in events]
    for draft in drafts[:-1]:
        world.state.append(draft)
    # Last, with the value: killed before, the next look decides the same again.
    world.state.put_fact(f"{_FACT}{rollout.environment}/{rollout.model}", text, drafts[-1] if drafts else None)


def rollout_draft(rollout: Rollout, event: RolloutEvent) -> Draft:
    """The journal record of something that happened to a rollout."""
    body = {
        "rollout": rollout.id,
        "name": rollout.new.name,
        "before": rollout.old.name,
        "strategy": rollout.strategy.strategy,
        "phase": rollout.phase.value,
        "step": rollout.step,
        "message": event.message,
        "metric": rollout.metric,
        "requests": rollout.exposure.requests,
    }
    place = (rollout.environment, rollout.model, rollout.new.digest, rollout.commit)
    return Draft(f"rollout.{event.kind}", event.actor, *place, body)


def _read(text: str) -> Kept:
    """What an older program measured in another shape is measured anew; its rollout is not lost."""
    raw = json.loads(text)
    rollout = from_json(json.dumps(raw["rollout"]))
    analysis = AnalysisSpec.model_validate(raw["analysis"]) if "analysis" in raw else DEFAULT_ANALYSIS
    try:
        return Kept(rollout, analysis, _FORM.validate_python(raw["measured"]), raw["checks"])
    except ValidationError:
        return Kept(rollout, analysis, checks=raw["checks"])
