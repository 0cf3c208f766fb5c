"""Whatever order things happen in, disk and memory tell the same, and the chain never forks."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from fairlead.domain.incident import Suspension
from fairlead.domain.journal_walk import walk
from fairlead.drivers.state import open_state
from fairlead.testing.state import MemoryState
from fairlead.testing.state_contract import MOMENT, deployment, draft, incident
from fairlead.testing.time import ManualClock

MODELS = st.sampled_from(["digits", "words"])
ENVIRONMENTS = st.sampled_from(["dev", "prod"])
TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)


class StateMachine(RuleBasedStateMachine):
    """Two stores, treated alike; the one on disk is opened twice, as two processes would."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.clock = ManualClock(MOMENT)
        self.memory = MemoryState(self.clock)
        self.disks = [open_state(Path(self.folder.name), self.clock) for _ in range(2)]
        self.turn = 0

    @property
    def disk(self) -> MemoryState:
        """The two openings of the disk, in turn; typed as its twin, since it is treated alike."""
        self.turn += 1
        return self.disks[self.turn % 2]  # type: ignore[return-value]

    @rule(model=MODELS, environment=ENVIRONMENTS)
    def go_live(self, model: str, environment: str) -> None:
        """A release goes live."""
        self.clock.advance(timedelta(seconds=1))
        made = deployment(f"{model}@{self.turn:012}", environment=environment, since=self.clock.now())
        for store in (self.disk, self.memory):
            store.go_live(made, draft("deployment.live", model=model, environment=environment))

    @rule(model=MODELS, environment=ENVIRONMENTS)
    def withdraw(self, model: str, environment: str) -> None:
        """A model goes."""
        for store in (self.disk, self.memory):
            store.withdraw(environment, model, draft("deployment.withdrawn"))

    @rule(model=MODELS, message=st.sampled_from(["a", "b"]))
    def open_incident(self, model: str, message: str) -> None:
        """Something is wrong; saying so again changes nothing."""
        key = f"prod/{model}/unhealthy"
        for store in (self.disk, self.memory):
            store.open_incident(incident(key, message), draft("incident.opened"))
            assert not store.open_incident(incident(key, message), draft("incident.opened"))

    @rule(model=MODELS)
    def close_incident(self, model: str) -> None:
        """It is well again."""
        key = f"prod/{model}/unhealthy"
        answers = [store.close_incident(key, draft("incident.closed")) for store in (self.disk, self.memory)]
        assert answers[0] == answers[1]
        assert not self.disk.close_incident(key, draft("incident.closed"))

    @rule(model=MODELS, reason=TEXTS)
    def suspend(self, model: str, reason: str) -> None:
        """A person stops a model, for a reason in any script."""
        made = Suspension(model, reason, "ann", self.clock.now(), self.clock.now() + timedelta(days=1))
        for store in (self.disk, self.memory):
            store.suspend(made, draft("model.suspended", reason=reason))

    @rule(model=MODELS)
    def resume(self, model: str) -> None:
        """And lets it go on."""
        answers = [store.resume(model, draft("model.resumed")) for store in (self.disk, self.memory)]
        assert answers[0] == answers[1]

    @invariant()
    def they_tell_the_same(self) -> None:
        """All that can be asked has one answer."""
        disk = self.disk
        assert list(disk.rows()) == list(self.memory.rows())
        assert disk.deployments() == self.memory.deployments()
        assert disk.deployments(live=True) == self.memory.deployments(live=True)
        assert disk.incidents(open_only=False) == self.memory.incidents(open_only=False)
        assert disk.suspensions() == self.memory.suspensions()
        assert all(not seen.faults for seen in walk(disk.rows()))

    def teardown(self) -> None:
        """Let go of the folder."""
        for disk in self.disks:
            disk.close()
        self.folder.cleanup()


StateMachine.TestCase.settings = settings(max_examples=12, stateful_step_count=25, deadline=None)
TestStateMachine = StateMachine.TestCase
