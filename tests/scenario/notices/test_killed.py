"""kill -9 of a real notifier over a real state: every notice reaches the receiver, in one message and no other."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from fairlead.domain.incident import Incident
from fairlead.domain.journal import Draft
from fairlead.drivers.clock import SystemClock
from fairlead.drivers.state import SqlState, open_state
from fairlead.flows.incidents import CONTROL
from tests.contract.notify.http_receiver import Receiver, receive
from tests.scenario.loop.scene import Scene

ROOT = Path(__file__).parents[3]
KILLS = 6


class Stage:
    """A repository with one channel, a state, and a notifier in a process of its own."""

    def __init__(self, folder: Path, receiver: Receiver, group: str) -> None:
        """The notifier is not started yet."""
        scene = Scene(folder)
        self.repo, self.state_folder = scene.repo, folder / "real"
        path = self.repo / "fairlead.yaml"
        given = {"channels": [{"name": "ops", "webhook": {"url": receiver.address}}], "group": group}
        path.write_text(path.read_text() + yaml.safe_dump({"notifications": given}))
        scene.commit("Tell people")
        self.state: SqlState = open_state(self.state_folder, SystemClock())

    def start(self) -> subprocess.Popen[bytes]:
        """Start it, and wait until it is at work."""
        begun = self.state_folder / "begun"
        begun.unlink(missing_ok=True)
        command = [sys.executable, "-m", "tests.scenario.notices.killed_notifier", str(self.repo)]
        process = subprocess.Popen([*command, str(self.state_folder)], cwd=ROOT)
        until(begun.exists)
        return process

    def happen(self, number: int) -> None:
        """An incident of a model of its own opens."""
        model, now = f"m{number}", SystemClock().now()
        found = Incident(f"prod/{model}/unhealthy", "unhealthy", "prod", model, "", "it died", "", now)
        body = {"kind": "unhealthy", "message": "it died"}
        self.state.open_incident(found, Draft("incident.opened", CONTROL, "prod", model, body=body))

    def sent(self) -> list[str]:
        """Ids that the journal says were taken."""
        return [str(each.draft.body["id"]) for each in self.state.records(kind="notice.sent", limit=10_000)]

    def told(self) -> list[int]:
        """Records of the journal that those messages told of, each as often as it was told."""
        sent = self.state.records(kind="notice.sent", limit=10_000)
        return [int(number) for each in sent for number in each.draft.body["records"]]


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def test_killed_between_sending_and_recording_the_same_message_is_sent_again(tmp_path: Path) -> None:
    """The receiver had it, the journal does not: the next process sends the same bytes under the same id, once."""
    with receive("hang", "200") as receiver:
        stage = Stage(tmp_path, receiver, "0s")
        process = stage.start()
        stage.happen(1)
        until(lambda: len(receiver.requests) == 1)
        process.kill()
        process.wait()
        assert stage.sent() == []
        process = stage.start()
        until(lambda: len(stage.sent()) == 1)
        time.sleep(0.3)
        process.kill()
        process.wait()
    first, second = receiver.requests
    assert first.id == second.id == stage.sent()[0]
    assert first.body == second.body
    stage.state.close()


def test_killed_at_random_instants_nothing_is_lost_or_told_twice(tmp_path: Path) -> None:
    """Whatever the kill interrupts, each record is in one message, and each message has one id."""
    chance = random.Random(20261123)
    number = 0
    with receive() as receiver:
        stage = Stage(tmp_path, receiver, "100ms")
        for _ in range(KILLS):
            process = stage.start()
            end = time.monotonic() + chance.uniform(0.05, 0.6)
            while time.monotonic() < end:
                number += 1
                stage.happen(number)
                time.sleep(chance.uniform(0, 0.03))
            process.kill()
            process.wait()
        process = stage.start()
        until(lambda: len(stage.told()) >= number)
        process.kill()
        process.wait()
    assert number > 20
    assert len(stage.sent()) == len(set(stage.sent()))
    bodies = {each.id: each.body for each in receiver.requests}
    assert {(each.id, each.body) for each in receiver.requests} == set(bodies.items())
    assert set(bodies) == set(stage.sent())
    opened = [each.sequence for each in stage.state.records(kind="incident.opened", limit=10_000)]
    assert sorted(stage.told()) == opened
    seen = {notice["sequence"] for body in bodies.values() for notice in json.loads(body)["data"]["notices"]}
    assert seen <= set(opened)
    stage.state.close()
