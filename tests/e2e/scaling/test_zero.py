"""To zero and back: the last server goes, requests wait for the next one in the gateway, and each is answered."""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.e2e.scaling.scaled import Scaled
from tests.e2e.spine.machine import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def asleep(machine: Scaled, **fields: str) -> None:
    """A model that was served, and has been stopped since nobody asks."""
    machine.declare_scaled(min="0", holdDown="3s", **fields)
    machine.commit("Begin")
    machine.start()
    machine.live()
    assert machine.ask().status_code == 200
    until(lambda: machine.replicas() == 0, "no replica is left")


def test_requests_wait_for_a_cold_start(machine: Scaled) -> None:
    """The release stays live without a server; requests that come wait, start one, and are all answered."""
    asleep(machine)
    running = machine.up_now
    assert running is not None
    row = running.api("/api/v1/fleet").json()["rows"][0]
    assert row["release"]
    assert machine.live()["synced"]
    with ThreadPoolExecutor(10) as pool:
        answers = [each.result() for each in [pool.submit(machine.ask) for _ in range(10)]]
    assert Counter(each.status_code for each in answers) == {200: 10}
    (started,) = until(lambda: running.journal("scaling.cold-start"), "the cold start is told")
    assert 0 < started["body"]["milliseconds"] < 30_000
    woken = machine.orders()[-1]
    assert (woken["basis"], woken["before"], woken["order"]) == ("woken", 0, 1)
    assert running.journal("deployment.ended") == []
    assert running.incidents() == []
    until(lambda: machine.replicas() == 0, "it sleeps again")


def test_the_control_plane_dies_while_they_wait(machine: Scaled) -> None:
    """Without a control plane nobody starts a server, and each waiting request gets 503, when its wait is over."""
    asleep(machine, coldStart="{ requests: 5, wait: 3s }")
    running = machine.up_now
    assert running is not None
    running.kill()
    begun = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        answers = [each.result() for each in [pool.submit(machine.ask) for _ in range(8)]]
    assert time.monotonic() - begun < 10
    assert Counter(each.status_code for each in answers) == {503: 8}
    assert {each.headers["retry-after"] for each in answers} == {"5"}


def test_the_next_control_plane_answers_those_who_wait(machine: Scaled) -> None:
    """Killed while requests wait, started again: they are answered by the server that it starts."""
    asleep(machine)
    running = machine.up_now
    assert running is not None
    running.kill()
    with ThreadPoolExecutor(5) as pool:
        asked = [pool.submit(machine.ask) for _ in range(5)]
        time.sleep(1)
        machine.start()
        answers = [each.result() for each in asked]
    assert Counter(each.status_code for each in answers) == {200: 5}


def test_a_new_release_of_a_sleeping_model_is_started_before_it_is_live(machine: Scaled) -> None:
    """Nothing goes live that has not answered: a sleeping model is woken for its next release."""
    asleep(machine)
    machine.declare_scaled(min="0", holdDown="3s")
    path = machine.workspace / "models" / "slow" / "model.yaml"
    path.write_text(path.read_text().replace("grace: 2s", "grace: 3s"))
    head = machine.commit("Another grace")
    assert machine.live()["rows"][0]["release"] == f"slow@{head[:12]}"
    running = machine.up_now
    assert running is not None
    assert machine.ask().status_code == 200
    assert running.incidents() == []
