"""What people see of rollouts and say to them, while a control plane looks: its looks happen where they wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from fairlead.domain.incident import Suspension
from fairlead.domain.journal import Actor, Draft
from fairlead.domain.rollout import Phase
from fairlead.flows.rollout_commands import speak
from fairlead.flows.rollout_watching import watch_rollout
from fairlead.flows.rollouts import asking
from fairlead.flows.rollouts.asking import RolloutView, ask_rollout
from fairlead.flows.rollouts.quarantine import quarantines
from fairlead.flows.world import World
from fairlead.kernel.errors import ConflictError, NotFoundError, UsageError
from fairlead.testing.time import ManualClock
from tests.scenario.loop.test_rollouts import Canary

ADA = Actor("ada@example.com")


class Beside(ManualClock):
    """The clock of a person's process: while they wait, something else goes on."""

    def __init__(self, scene: Canary, meanwhile: Callable[[], object]) -> None:
        super().__init__(scene.clock.now())
        self._scene = scene
        self._meanwhile = meanwhile

    def sleep(self, span: timedelta) -> None:
        """Let the control plane look."""
        super().sleep(span)
        self._meanwhile()


@pytest.fixture
def scene(tmp_path: Path) -> Canary:
    """A canary of digits is at its first step."""
    return Canary.stepping(tmp_path)


def person(scene: Canary, meanwhile: Callable[[], object] | None = None, *, holder: str = "host 1") -> World:
    """The world as another process sees it."""
    return replace(scene.world, clock=Beside(scene, meanwhile or scene.look), holder=lambda: holder)


def test_a_pause_is_told_when_it_is_taken(scene: Canary) -> None:
    """The person hears that it is done; a resume lets it go on, and an abort gives the traffic back."""
    paused = speak(person(scene), "pause", "digits", reason="we look first", actor=ADA)
    assert (paused.outcome, paused.message, paused.phase) == ("done", "we look first", "stepping")
    assert scene.rollout().pause is not None
    resumed = speak(person(scene), "resume", "digits", actor=ADA)
    assert resumed.outcome == "done"
    assert scene.rollout().pause is None
    aborted = speak(person(scene), "abort", "digits", reason="wrong labels", actor=ADA)
    assert (aborted.outcome, aborted.phase) == ("done", "aborted")
    assert scene.weights() == [100]


def test_a_promotion_gives_all_traffic(scene: Canary) -> None:
    """It is counted as what it is: a person who overruled the machine."""
    spoken = speak(person(scene), "promote", "digits", reason="fixes an outage", actor=ADA)
    assert (spoken.outcome, spoken.environment, spoken.phase) == ("done", "prod", "completed")
    assert scene.rollout().overrides == 1
    scene.settle()
    assert scene.rollout().phase is Phase.COMPLETED
    assert len(scene.state.search(kind="rollout.started")) == 1
    assert scene.routed()["digits"] == scene.rollout().new.name


def test_what_is_impossible_is_refused_at_once(scene: Canary) -> None:
    """Nothing is asked of the control plane where the answer is known."""
    before = len(scene.state.search(kind="request.rollout"))
    for verb, reason, error in (("resume", "", ConflictError), ("pause", " ", UsageError)):
        with pytest.raises(error):
            speak(person(scene), verb, "digits", reason=reason, actor=ADA)
    with pytest.raises(NotFoundError):
        speak(person(scene), "pause", "other", reason="x", actor=ADA)
    assert len(scene.state.search(kind="request.rollout")) == before


def test_what_came_too_late_is_told(scene: Canary) -> None:
    """Somebody else's word was taken first and ended the rollout: refused, with why."""
    ask_rollout(scene.world, "abort", "digits", reason="wrong labels", actor=Actor("grace@example.com"))
    spoken = speak(person(scene), "pause", "digits", reason="we look first", actor=ADA)
    assert (spoken.outcome, spoken.phase) == ("refused", "aborted")
    assert "has ended" in spoken.message


def test_without_a_control_plane_it_waits_for_one(scene: Canary) -> None:
    """Nobody is kept waiting, and the next control plane takes it."""
    spoken = speak(person(scene, holder=""), "pause", "digits", reason="we look first", actor=ADA)
    assert spoken.outcome == "waiting"
    assert scene.rollout().pause is None
    scene.restart()
    scene.look()
    assert scene.rollout().pause is not None


def test_a_control_plane_that_hangs_is_told(scene: Canary) -> None:
    """After ten seconds the person hears that nothing has taken it."""
    world = person(scene, lambda: None)
    before = world.clock.now()
    spoken = speak(world, "pause", "digits", reason="we look first", actor=ADA)
    assert spoken.outcome == "unanswered"
    assert timedelta(seconds=10) <= world.clock.now() - before < timedelta(seconds=11)


def test_watching_ends_with_the_rollout(scene: Canary) -> None:
    """Every view differs from the one before; the last one is final."""
    said: list[str] = []

    def busy() -> None:
        scene.ask(400, seed=scene.rollout().step)
        scene.clock.advance(timedelta(seconds=8))
        scene.look()

    views = list(watch_rollout(person(scene, busy), "digits", tell=said.append))
    assert views[0].rollout.phase is Phase.STEPPING
    assert views[-1].rollout.phase is Phase.COMPLETED
    assert all(one != other for one, other in pairwise(views))
    assert [each.rollout.phase.final for each in views].count(True) == 1
    assert said == []


@pytest.mark.parametrize("name", ["kept_rollouts", "quarantines"])
def test_an_end_is_never_told_without_what_is_refused(
    scene: Canary, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Also where the abort comes between two readings of the state: who watches sees that view last."""

    def between(original: Callable[[World], object]) -> Callable[[World], object]:
        def read(world: World) -> object:
            while not scene.rollout().phase.final:
                scene.look()
            return original(world)

        return read

    ask_rollout(scene.world, "abort", "digits", reason="wrong labels", actor=ADA)
    monkeypatch.setattr(asking, name, between(getattr(asking, name)))
    (view,) = asking.rollout_views(scene.world, "digits")
    assert scene.rollout().phase is Phase.ABORTED
    assert view.refused is not None


def test_watching_ends_where_another_rollout_begins(scene: Canary) -> None:
    """A newer commit supersedes the one that is watched: what follows is another story."""
    scene.bring("third")
    views = list(watch_rollout(person(scene), "digits", "prod", tell=print))
    assert {each.rollout.id for each in views} == {views[0].rollout.id}
    assert views[0].rollout.id != scene.rollout().id or views[-1].rollout.phase is Phase.SUPERSEDED


@pytest.fixture
def ended(scene: Canary) -> Canary:
    """The canary of digits was aborted, and its revert is live."""
    speak(person(scene), "abort", "digits", reason="wrong labels", actor=ADA)
    for _ in range(60):
        time.sleep(0.02)
        if not scene.look().working and not quarantines(scene.world):
            break
    assert scene.rollout().phase is Phase.ABORTED
    return scene


def watched(scene: Canary, meanwhile: Callable[[], object] | None = None) -> tuple[list[RolloutView], list[str], World]:
    """All views that a person sees, what they are told, and their world."""
    said: list[str] = []
    world = person(scene, meanwhile)
    return list(watch_rollout(world, "digits", tell=said.append)), said, world


def test_right_after_a_commit_its_rollout_is_waited_for(ended: Canary) -> None:
    """The one before has ended, and is not what a person means who has just committed."""
    before = ended.rollout().id
    commit = ended.bring("third")

    def busy() -> None:
        ended.ask(400, seed=ended.rollout().step)
        ended.clock.advance(timedelta(seconds=8))
        ended.look()

    views, said, _ = watched(ended, busy)
    assert before not in {each.rollout.id for each in views}
    assert views[-1].rollout.phase is Phase.COMPLETED
    assert said == [f"waits for the rollout of digits in prod that commit {commit[:12]} begins, for 2m at most"]


def test_the_first_rollout_is_waited_for_too(tmp_path: Path) -> None:
    """Where there was none before, nothing says that there is none."""
    scene = Canary(tmp_path)
    scene.bring("first")
    scene.settle()
    with pytest.raises(NotFoundError):
        watched(scene)
    scene.bring("second")
    ids = {each.rollout.id for each in watched(scene, lambda: scene.until(Phase.COMPLETED, looks=200))[0]}
    assert ids == {scene.rollout().id}


def test_where_nothing_is_about_to_begin_the_answer_comes_at_once(ended: Canary) -> None:
    """Git is live; or what it wants comes without a rollout."""
    for prepare in (lambda: None, lambda: ended.bring("third", release="")):
        prepare()
        world = person(ended)
        before = world.clock.now()
        said: list[str] = []
        (view,) = watch_rollout(world, "digits", tell=said.append)
        assert (view.rollout.phase, said, world.clock.now()) == (Phase.ABORTED, [], before)


def test_without_a_control_plane_nothing_begins(ended: Canary) -> None:
    """Nobody is kept waiting for what nobody does."""
    ended.bring("third")
    world = person(ended, holder="")
    before = world.clock.now()
    (view,) = watch_rollout(world, "digits", tell=print)
    assert (view.rollout.phase, world.clock.now()) == (Phase.ABORTED, before)


def test_waiting_is_bounded(ended: Canary) -> None:
    """A control plane that hangs begins nothing: after two minutes the newest rollout is shown, and that is said."""
    ended.bring("third")
    world = person(ended, lambda: None)
    before = world.clock.now()
    said: list[str] = []
    (view,) = watch_rollout(world, "digits", tell=said.append)
    assert view.rollout.phase is Phase.ABORTED
    assert timedelta(minutes=2) <= world.clock.now() - before < timedelta(minutes=3)
    assert said[-1] == "no rollout has begun for 2m; see `fairlead status`"


def test_what_holds_it_is_said(ended: Canary) -> None:
    """A person who suspended the model is why nothing begins."""
    now = ended.clock.now()
    hold = Suspension("digits", "on holiday", "ada", now, now + timedelta(hours=9))
    ended.state.suspend(hold, Draft("model.suspended", ADA, model="digits"))
    ended.bring("third")
    views, said, _ = watched(ended)
    assert [each.rollout.phase for each in views] == [Phase.ABORTED]
    assert said[-1].startswith("no rollout begins: suspended by ada")
