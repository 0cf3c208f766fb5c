"""Who met a new release is counted from its first request on, and nothing of what customers were told is kept."""

from __future__ import annotations

import json
import random
import time
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.domain.journal import Actor
from fairlead.domain.rollout import Phase
from fairlead.flows.rollouts.asking import ask_rollout
from fairlead.flows.rollouts.kept import Measured, kept
from fairlead.flows.rollouts.owed import Reverts
from fairlead.flows.rollouts.quarantine import quarantines
from tests.scenario.loop.test_rollouts import Canary

_WORDS = ("cystitis", "nephritis", "arthritis")


class Counting(Canary):
    """A canary whose log is looked into, and damaged."""

    @property
    def log(self) -> Path:
        """The gateway's."""
        return self.folder / "state" / "gateway" / "access.log"

    @property
    def measured(self) -> Measured:
        """What is kept of the newest rollout."""
        found = kept(self.world, "prod", "digits")
        assert found is not None
        return found.measured

    def met(self) -> int:
        """Requests to the new release that the log holds."""
        return self.log.read_text().count(self.rollout().new.digest)

    def pass_by(self) -> None:
        """Time for a look."""
        self.clock.advance(timedelta(seconds=12))
        self.look()

    def unread(self) -> list[str]:
        """What the journal says of the log."""
        return [str(each.draft.body["message"]) for each in self.state.search(kind="rollout.unread")]

    def answer(self, number: int) -> None:
        """A request, answered by the old release, and its copy by the new one, as both logs have them."""
        chance, rollout = random.Random(number), self.rollout()
        answer = {"outputs": [{"name": "label", "data": [chance.choice(_WORDS)]}]}
        for name, release in (("access", rollout.old.digest), ("shadow", rollout.new.digest)):
            span = int(chance.lognormvariate(8.0, 0.3))
            line = {
                "start": f"{self.clock.now().timestamp():.6f}", "duration_us": span + 100, "service_us": span,
                "environment": "prod", "model": "digits", "release": release, "method": "POST", "code": 200,
                "flags": "-", "customer": "c1", "request": f"r{number}", "answer": json.dumps(answer),
            }  # fmt: skip
            with self.log.with_name(f"{name}.log").open("a") as log:
                log.write(json.dumps(line, separators=(",", ":")) + "\n")


@pytest.fixture
def scene(tmp_path: Path) -> Counting:
    """A release of digits is live."""
    made = Counting.judged(tmp_path)
    made.bring("first")
    made.settle()
    return made


def test_requests_between_the_switch_and_the_first_look_count(scene: Counting) -> None:
    """A cap holds for whoever meets the release, from the first instant; also when the process dies there."""
    scene.bring("second")
    scene.until(Phase.STEPPING)
    scene.ask(400)
    scene.restart()
    scene.pass_by()
    assert scene.met() > 50
    assert scene.measured.requests == scene.met()


def test_a_cap_is_reached_by_them(scene: Counting) -> None:
    """More met it at once than may before a verdict."""
    capped = "release: {strategy: canary, maxExposure: {requests: 50}, steps: [{weight: 20}, {weight: 60}]}\n"
    scene.bring("second", capped)
    scene.until(Phase.STEPPING)
    scene.ask(400)
    scene.pass_by()
    assert scene.rollout().phase is Phase.ABORTED
    assert f"it has answered {scene.met()} requests, 50 may be before a verdict" in scene.rollout().reason


def test_the_last_requests_of_a_step_count_when_all_traffic_comes(scene: Counting) -> None:
    """Those between the last look and the last step, too."""
    scene.bring("second", "release: {strategy: canary, retention: 10m, steps: [{weight: 60}]}\n")
    scene.until(Phase.RETAINING)
    scene.ask(100)
    for _ in range(3):
        scene.pass_by()
    assert scene.rollout().phase is Phase.RETAINING
    assert scene.measured.requests == scene.met()


def test_requests_on_their_way_at_the_switch_back_count(scene: Counting) -> None:
    """They met it: the rollout, its journal and the revert commit say how many, and the revert waits for no more."""
    scene.bring("second", subject="Make digits worse")
    scene.until(Phase.STEPPING)
    ask_rollout(scene.world, "abort", "digits", reason="wrong labels", actor=Actor("ada"))
    scene.ask(200, seed=7)
    weights = scene.weights()
    scene.look()
    assert (weights, scene.weights()) == ([80, 20], [100])
    known = scene.rollout().exposure.requests
    assert known < scene.met()
    assert scene.git("log", "-1", "--format=%s") == "Make digits worse"
    for _ in range(60):
        scene.look()
        time.sleep(0.02)
        if not quarantines(scene.world):
            break
    assert scene.rollout().exposure.requests == scene.met()
    assert f"Fairlead-Evidence: {scene.met()} requests met it" in scene.git("log", "-1", "--format=%b")
    (record,) = scene.state.search(kind="rollout.counted")
    assert record.draft.body["requests"] == scene.met()
    assert str(record.draft.body["message"]).endswith(f"; {known} were known when it ended")


def test_a_revert_waits_for_no_count_that_nobody_takes(scene: Counting) -> None:
    """After ten seconds it is written, whatever became of the count."""
    scene.bring("second", subject="Make digits worse")
    scene.until(Phase.STEPPING)
    ask_rollout(scene.world, "abort", "digits", reason="wrong labels", actor=Actor("ada"))
    scene.look()
    (owed,) = quarantines(scene.world).values()
    reverts = Reverts(scene.world)
    reverts.look()
    assert scene.git("log", "-1", "--format=%s") == "Make digits worse"
    assert owed.counted_by == (scene.rollout().since + timedelta(seconds=10)).isoformat()
    scene.clock.advance(timedelta(seconds=10))
    for _ in range(100):
        time.sleep(0.02)
        reverts.look()
        if scene.git("log", "-1", "--format=%s").startswith("Revert"):
            break
    assert scene.git("log", "-1", "--format=%s") == 'Revert "Make digits worse"'


def test_what_comes_long_after_is_not_of_that_rollout(scene: Counting) -> None:
    """Nobody looked for an hour: what the log says of the release since then is not counted to its rollout."""
    scene.bring("second")
    scene.until(Phase.STEPPING)
    ask_rollout(scene.world, "abort", "digits", reason="wrong labels", actor=Actor("ada"))
    scene.look()
    known = scene.rollout().exposure.requests
    line = scene.log.read_text().splitlines(keepends=True)[0]
    with scene.log.open("a") as log:
        log.write(line.replace(scene.rollout().old.digest, scene.rollout().new.digest) * 50)
    scene.clock.advance(timedelta(hours=1))
    scene.look()
    assert scene.rollout().exposure.requests == known
    assert scene.state.search(kind="rollout.counted") == []


def test_a_rollout_that_gives_way_is_counted_before_the_next(scene: Counting) -> None:
    """The next one takes its place at once; what met the first stands in the journal."""
    scene.bring("second")
    scene.until(Phase.STEPPING)
    second = scene.rollout().new.digest
    scene.bring("third")
    scene.ask(200, seed=7)
    for _ in range(6):
        scene.look()
    assert scene.rollout().new.digest != second
    (record,) = scene.state.search(kind="rollout.counted")
    assert record.draft.body["requests"] == scene.log.read_text().count(second)


def test_damaged_lines_are_told_once_and_count_as_met(scene: Counting) -> None:
    """Nobody can tell whose they are, and a cap is no more than it says."""
    scene.bring("second")
    scene.until(Phase.STEPPING)
    for seed in range(2):
        with scene.log.open("a") as log:
            log.write('{"environment":"prod","model":"digits","re\n')
        scene.ask(400, seed=seed)
        scene.pass_by()
    assert scene.measured.requests == scene.met() + 2
    assert [each.partition(" between")[0] for each in scene.unread()] == ["1 line of the gateway's log"]
    assert scene.measured.lost == scene.unread()[0]


def test_a_lost_log_passes_nothing_at_its_look_and_is_told(scene: Counting) -> None:
    """In the finding, in the journal, and where the rollout says why it ended; the next look goes on."""
    scene.bring(
        "second", "release: {strategy: canary, longest: 10m, maxExposure: {requests: 900}, steps: [{weight: 20}]}\n"
    )
    scene.until(Phase.STEPPING)
    scene.ask(400)
    scene.pass_by()
    scene.log.unlink()
    scene.ask(10)
    scene.pass_by()
    found = scene.measured.finding
    assert found is not None
    said = scene.unread()
    assert len(said) == 1
    assert "was gone before it was read" in said[0]
    assert "more may have met the release than its cap lets" in said[0]
    assert {each.reason for each in found.metrics} == {said[0]}
    for _ in range(60):
        scene.pass_by()
    assert scene.rollout().phase is Phase.ABORTED
    assert said[0] in scene.rollout().reason


def test_nothing_of_an_answer_is_kept(scene: Counting) -> None:
    """A shadow compares answers with their originals; neither state nor journal ever holds a word of them."""
    scene.bring("second", "release: {strategy: shadow, share: 100, analysis: answers}\n")
    text = (scene.repo / "fairlead.yaml").read_text()
    declared = "  - {name: answers, metrics: [{name: answers}, {name: predictions, margin: 0.2}, {name: error-rate}]}\n"
    (scene.repo / "fairlead.yaml").write_text(text + declared)
    scene.commit("Compare answers")
    scene.until(Phase.STEPPING)
    scene.clock.advance(timedelta(seconds=2))
    for look in range(6):
        for number in range(60):
            scene.answer(look * 100 + number)
        # The last answer's copy comes only after the look.
        shadow = scene.log.with_name("shadow.log")
        lines = shadow.read_text().splitlines(keepends=True)
        shadow.write_text("".join(lines[:-1]))
        scene.pass_by()
        with shadow.open("a") as log:
            log.write(lines[-1])
        kept_text = json.dumps(dict(scene.state.facts("")))
        told = " ".join(json.dumps(each.draft.body, default=str) for each in scene.state.newest(500))
        assert not [word for word in _WORDS if word in kept_text + told]
        assert len(scene.measured.pending) == 1
    finding = scene.measured.finding
    assert finding is not None
    counted = {each.metric: (each.new_count, each.new_value) for each in finding.metrics}
    assert counted["answers"][0] >= 299
    assert counted["answers"][1] == 0
    assert counted["predictions"][0] >= 299
