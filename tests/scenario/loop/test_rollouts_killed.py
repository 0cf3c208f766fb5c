"""A process that is killed between two writes of one decision leaves a decision that the next one completes."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairlead.domain.journal import Actor
from fairlead.domain.rollout import Phase
from fairlead.flows.rollouts.asking import ask_rollout
from fairlead.testing.state import MemoryState
from tests.scenario.loop.test_rollouts import Canary

_ADA = Actor("ada@example.com")


class _KilledError(BaseException):
    """The process is gone."""


@pytest.fixture
def scene(tmp_path: Path) -> Canary:
    """A canary of digits is at its first step."""
    return Canary.stepping(tmp_path)


def kill_before(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """The process dies when it is about to write the value that comes with a record of this kind."""
    put = MemoryState.put_fact

    def dying(state: MemoryState, key: str, value: str, draft: object = None) -> None:
        if getattr(draft, "kind", "") == kind:
            monkeypatch.setattr(MemoryState, "put_fact", put)
            raise _KilledError
        put(state, key, value, draft)  # type: ignore[arg-type]

    monkeypatch.setattr(MemoryState, "put_fact", dying)


def kinds(scene: Canary) -> list[str]:
    """Of the rollout's records, oldest first."""
    return [each.draft.kind for each in reversed(scene.state.search(kind="rollout"))]


def test_an_abort_is_told_with_its_reason(scene: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused already and not yet ended: the next process ends it for the same reason, and never as taken back."""
    kill_before(monkeypatch, "rollout.aborted")
    with pytest.raises(_KilledError):
        scene.until(Phase.ABORTED, bad=0.5)
    scene.restart()
    scene.look()
    assert scene.rollout().phase is Phase.ABORTED
    assert scene.rollout().metric == "error-rate"
    assert kinds(scene).count("rollout.aborted") == 1
    assert "rollout.superseded" not in kinds(scene)
    assert scene.weights() == [100]


def test_a_promotion_is_completed(scene: Canary, monkeypatch: pytest.MonkeyPatch) -> None:
    """The journal has its end, once, also where the process died between the person's word and the end."""
    kill_before(monkeypatch, "rollout.completed")
    ask_rollout(scene.world, "promote", "digits", reason="fixes an outage", actor=_ADA)
    with pytest.raises(_KilledError):
        scene.look()
    scene.restart()
    scene.settle()
    assert scene.rollout().phase is Phase.COMPLETED
    assert scene.rollout().overrides == 1
    assert kinds(scene).count("rollout.completed") == 1
    assert scene.routed() == {"digits": scene.rollout().new.name}
