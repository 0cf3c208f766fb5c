"""`fairlead scale simulate`: what a policy would have ordered on a trace, and what that would have cost."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from fairlead.flows.foresight.reading import read_path
from fairlead.flows.foresight.sim_file import read_config
from fairlead.foresee.scaling.config import Located, ServiceModel, SimConfig
from fairlead.foresee.scaling.demand import TRACE, Trace, demand_per_step, trace_of
from fairlead.foresee.scaling.oracle import oracle_replay
from fairlead.foresee.scaling.policies.predictive import Predictive
from fairlead.foresee.scaling.policies.table import ORACLE, build_policy
from fairlead.foresee.scaling.simulate import Outcome, Replay, simulate
from fairlead.foresee.series import Note, NoteKind, TimeForm
from fairlead.kernel.errors import UsageError
from fairlead.ports import Progress

__all__ = ["FAST_S", "MOST_STEPS", "SLOW_S", "FasterStart", "Simulated", "simulate_file"]

SLOW_S, FAST_S = 240.0, 60.0
"""Seconds to ready that the user is told the difference between."""

MOST_STEPS = 5_000_000


@dataclass(frozen=True, slots=True)
class FasterStart:
    """The predictive policy on the same trace with replicas ready after `SLOW_S` and after `FAST_S`."""

    slow: Outcome
    fast: Outcome

    @property
    def saved(self) -> float:
        """Share of the slow one's cost that the fast one does without."""
        return 1 - self.fast.replica_seconds / self.slow.replica_seconds if self.slow.replica_seconds else 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """`outcome` is the policy's after `learn_until`, as are `oracle` and `faster`, where they were asked for.

    `form` is how the trace writes its times.
    """

    config: SimConfig
    policy: str
    form: TimeForm
    replay: Replay
    outcome: Outcome
    oracle: Outcome | None
    faster: FasterStart | None
    notes: tuple[Note, ...]

    @property
    def counted_from(self) -> int:
        """The first step that counts."""
        return self.config.service.steps(self.config.learn_until)


def simulate_file(trace: Path, config: Path, progress: Progress, *, oracle: bool, faster: bool) -> Simulated:
    """Replay the trace under the policy that the configuration names.

    `oracle` also solves the clairvoyant's program for what counts; `faster` also compares times to ready.
    """
    sim, where = read_config(config)
    read = read_path(trace, progress, wanted=TRACE)
    windows = trace_of(read, lone_window_s=max(sim.service.step_s, 60))
    demand = _demand(windows, sim, where)
    work = _Work(demand, sim, windows.start, progress)
    kind = str(sim.policy.get("kind", ""))
    replay = work.clairvoyant() if kind == ORACLE else work.replay(sim, where)
    form = read.series[0].form
    outcome = replay.outcome(sim.learn_until)
    known = {sim.service.time_to_ready_s: outcome} if sim.policy == {"kind": "predictive"} else {}
    notes = (*read.notes, *_of_trace(windows))
    return Simulated(
        sim,
        kind,
        TimeForm.EPOCH if form is TimeForm.COUNTED else form,
        replay,
        outcome,
        work.oracle() if oracle else None,
        FasterStart(*(work.predictive(ready_s, known) for ready_s in (SLOW_S, FAST_S))) if faster else None,
        notes,
    )


def _demand(windows: Trace, sim: SimConfig, where: Located) -> NDArray[np.float64]:
    service = sim.service
    steps = int(len(windows.rates) * windows.window / service.step_s)
    if steps > MOST_STEPS:
        what = f"the trace has {steps:,} steps of {service.step_s:g} s, more than the {MOST_STEPS:,} that are replayed"
        raise UsageError(what, where=where("step_s"), mend="is a time of the trace wrong? else set a longer step_s")
    if not steps:
        what = f"the trace covers {len(windows.rates) * windows.window:g} s, less than a step of {service.step_s:g} s"
        raise UsageError(what, where=where("step_s"), mend="set a shorter step_s")
    if service.steps(sim.learn_until) >= steps:
        what = f"learn_until {sim.learn_until:g} s leaves nothing of {steps * service.step_s:g} s to count"
        raise UsageError(what, where=where("learn_until"), mend="set it to an earlier second of the trace")
    variations = 1.0 if windows.variations is None else windows.variations
    return demand_per_step(windows, service.step_s, sim.detail, np.random.default_rng(sim.seed), variations)


def _of_trace(windows: Trace) -> Iterator[Note]:
    if windows.interpolated:
        message = f"{windows.interpolated:,} windows without a row are lines between their neighbours"
        yield Note(NoteKind.FILLED_STEP, "", windows.interpolated, message)
    if windows.alone:
        message = f"there is one time only: its window is taken to be {windows.window:g} s long"
        yield Note(NoteKind.ONE_WINDOW, "", 1, message)


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """One trace's demand, and what is replayed over it."""

    demand: NDArray[np.float64]
    sim: SimConfig
    start: float
    progress: Progress

    def replay(self, sim: SimConfig, where: Located) -> Replay:
        """Under the policy that the configuration names."""
        policy = build_policy(sim.policy, sim.service, where=where)
        told = self._told(f"replaying {sim.policy['kind']}")
        return simulate(self.demand, sim.service, policy, start=self.start, told=told)

    def clairvoyant(self) -> Replay:
        """The oracle's plan for the whole trace."""
        self.progress(0, 0, "solving the oracle's program")
        return oracle_replay(self.demand, self.sim.service, start=self.start)

    def oracle(self) -> Outcome:
        """The least cost for what counts."""
        self.progress(0, 0, "solving the oracle's program")
        first = self.sim.service.steps(self.sim.learn_until)
        return oracle_replay(self.demand[first:], self.sim.service).outcome()

    def predictive(self, time_to_ready_s: float, known: Mapping[float, Outcome]) -> Outcome:
        """The predictive policy's outcome, were replicas ready after so many seconds, unless it is known."""
        if time_to_ready_s in known:
            return known[time_to_ready_s]
        service: ServiceModel = replace(self.sim.service, time_to_ready_s=time_to_ready_s)
        told = self._told(f"replaying {time_to_ready_s:g} s to ready")
        replay = simulate(self.demand, service, Predictive(service), start=self.start, told=told)
        return replay.outcome(self.sim.learn_until)

    def _told(self, label: str) -> _Told:
        return _Told(self.progress, len(self.demand), label)


@dataclass(frozen=True, slots=True)
class _Told:
    progress: Progress
    steps: int
    label: str

    def __call__(self, done: int) -> None:
        self.progress(done, self.steps, self.label)
