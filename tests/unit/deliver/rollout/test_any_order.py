"""Any order of facts, commands and kills. One process is killed all the time, the other never: they see the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from fairlead.deliver.rollout.commands import abort, pause, promote, resume
from fairlead.deliver.rollout.machine import Advance, advance, begin
from fairlead.deliver.rollout.record import from_json, to_json
from fairlead.domain.release_strategy import ReleaseStrategy
from fairlead.domain.rollout import Exposure, Rollout, RolloutEvent, RolloutFacts
from fairlead.kernel.errors import ConflictError, UsageError
from tests.unit.deliver.rollout.promises import check_look, check_state, share
from tests.unit.deliver.rollout.samples import ANN, NEW, OLD, START, THIRD
from tests.unit.deliver.rollout.walk import COMMANDS, Command

DURATIONS = st.sampled_from(["0s", "30s", "5m"])
STEPS = st.lists(st.tuples(st.integers(1, 100), DURATIONS, st.booleans()), max_size=4).map(
    lambda steps: [{"weight": weight, "pause": pause, "analysis": judged} for weight, pause, judged in sorted(steps)]
)
STRATEGIES = st.fixed_dictionaries(
    {
        "strategy": st.sampled_from(["canary", "blueGreen", "shadow"]),
        "longest": st.sampled_from(["1m", "20m", "1d"]),
        "retention": DURATIONS,
        "smoke": st.booleans(),
        "steps": STEPS,
        "maxExposure": st.sampled_from([{}, {"requests": 50}, {"customers": 5}]),
    }
).map(ReleaseStrategy.model_validate)
KILLS = st.integers(0, 2)
"""Before what a look found is kept, and after it."""


class AnyOrder(RuleBasedStateMachine):
    """A rollout that nothing spares: `steady` is never killed, `kept` is the text that a killed process leaves."""

    @initialize(strategy=STRATEGIES, healthy_before=st.booleans(), kills=KILLS)
    def start(self, strategy: ReleaseStrategy, *, healthy_before: bool, kills: int) -> None:
        """It begins; whoever is killed before it is kept begins it again."""
        self.now = START
        self.told: list[RolloutEvent] = []
        self.overrides = 0
        for _ in range(kills + 1):
            begun = begin("prod", "churn", NEW, OLD, "d" * 40, strategy, START, healthy_before=healthy_before, id="r1")
        self.steady = begun.rollout
        self.kept = to_json(begun.rollout)
        self.tell(begun)

    @rule(
        seconds=st.sampled_from([0.5, 0.5, 30, 300, 3600]),
        wanted=st.sampled_from([NEW.digest] * 12 + [OLD.digest, THIRD.digest, ""]),
        ready=st.sampled_from([True, True, True, False]),
        failed=st.sampled_from([""] * 9 + ["exit 1"]),
        checks=st.sampled_from([None, "", "", "", "differs"]),
        verdict=st.sampled_from(["insufficient", "insufficient", "not-worse", "not-worse", "worse"]),
        hold=st.sampled_from(["", "", "prod waits for a person"]),
        requests=st.integers(0, 40),
        lost=KILLS,
        replayed=KILLS,
    )
    def look(self, seconds: float, lost: int, replayed: int, requests: int, **known: Any) -> None:  # noqa: ANN401 - any of the facts
        """A look at the world. `lost` processes die before they keep it, `replayed` ones right after."""
        self.now += timedelta(seconds=seconds)
        met = self.steady.exposure
        exposure = Exposure(met.requests + requests, met.customers + requests // 10)
        facts = RolloutFacts(now=self.now, metric="latency", told="", exposure=exposure, **known)
        before = self.steady
        after = advance(before, facts)
        check_look(before, after, facts)
        for _ in range(lost):
            assert advance(from_json(self.kept), facts) == after
        self.kept = to_json(advance(from_json(self.kept), facts).rollout)
        for _ in range(replayed):
            again = advance(from_json(self.kept), facts)
            assert again.events == ()
            self.kept = to_json(again.rollout)
        self.steady = after.rollout
        self.tell(after)

    @rule(command=st.sampled_from(COMMANDS), reason=st.sampled_from(["because", "because", "because", " "]))
    def command(self, command: Command, reason: str) -> None:
        """A person's word, in any state."""
        before = self.steady
        try:
            after = command(before, ANN, reason, self.now)
        except ConflictError:
            return
        except UsageError:
            assert not reason.strip()
            return
        assert not before.phase.final
        assert reason.strip() or command is resume
        self.overrides += command in {promote, abort}
        assert share(after.rollout) <= share(before) or command is promote
        assert command not in {pause, resume} or replace(after.rollout, pause=None, waiting="") == replace(
            before, pause=None, waiting=""
        )
        self.kept = to_json(command(from_json(self.kept), ANN, reason, self.now).rollout)
        self.steady = after.rollout
        self.tell(after)

    def tell(self, after: Advance) -> None:
        """The journal gets what happened."""
        self.told += after.events

    @invariant()
    def a_kill_changes_nothing(self) -> None:
        """Who was killed, with or without having kept its last state, stands where the other one stands."""
        assert from_json(self.kept) == self.steady

    @invariant()
    def the_journal_tells_each_thing_once(self) -> None:
        """Only waits and pauses come again; an override is counted, and nothing else is."""
        once = [(each.kind, each.message) for each in self.told if each.kind not in {"waiting", "paused", "resumed"}]
        assert len(once) == len(set(once))
        ends = [kind for kind, _ in once if kind in {"completed", "aborted", "superseded"}]
        assert len(ends) == int(self.steady.phase.final)
        assert self.steady.overrides == self.overrides
        check_state(self.steady)

    @precondition(lambda self: not self.steady.phase.final)
    @rule(verdict=st.sampled_from(["insufficient", "not-worse", "worse"]), hold=st.sampled_from(["", "the gate"]))
    def facts_keep_coming(self, verdict: str, hold: str) -> None:
        """It ends within its longest time and its retention, unless it is judged good, or held by people or rules."""
        strategy, tried = self.steady.strategy, self.steady
        limit = tried.started + strategy.longest + strategy.retention
        limit = max(limit, tried.since + strategy.retention)
        now, step = self.now, (strategy.longest + strategy.retention) / 20
        while now < limit:
            now = min(now + step, limit)
            tried = advance(tried, RolloutFacts(now, NEW.digest, ready=True, verdict=verdict, hold=hold)).rollout
        waits = tried.held_since is not None or tried.held_for
        assert tried.phase.final or now == self.now or verdict == "not-worse" or waits


AnyOrder.TestCase.settings = settings(max_examples=80, stateful_step_count=30, deadline=None)
TestAnyOrder = pytest.mark.timeout(120)(AnyOrder.TestCase)


def test_the_walk_is_no_idle_one() -> None:
    """A good rollout among the kinds of facts above completes: the promises are not kept by refusing everything."""
    strategy = ReleaseStrategy.model_validate({"strategy": "canary", "retention": "5m"})
    rollout: Rollout = begin(
        "prod", "churn", NEW, OLD, "d" * 40, strategy, START, healthy_before=False, id="r1"
    ).rollout
    for minute in range(1, 12):
        rollout = advance(
            rollout, RolloutFacts(START + timedelta(minutes=minute), NEW.digest, ready=True, verdict="not-worse")
        ).rollout
    assert (str(rollout.phase), share(rollout)) == ("completed", 100)
