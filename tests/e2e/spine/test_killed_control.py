"""kill -9 of the control process: serving goes on, the next one adopts what runs, all is booked exactly once."""

from __future__ import annotations

import os
import random
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.spine.machine import Machine, Running, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(180)]


def closes(machine: Machine, load: dict[str, Any]) -> None:
    """Every request was answered and is booked exactly once, the bill closes, and the journal is whole."""
    assert load["failed"] == {}
    until(lambda: machine.metered() >= load["sent"], f"all of {load} metered")
    assert machine.metered() == load["sent"]
    assert [total["residual"] for total in machine.cost()["totals"]] == ["0"]
    assert machine.json("audit", "verify")["verdict"] == "pass"


def test_at_random_instants(bare: Machine) -> None:
    """Killed three times while it meters windows of 5 s under load: the same servers serve on, all is booked once."""
    bare.declare_workspace(window="5s")
    bare.declare_onnx()
    bare.commit("Begin")
    chance = random.Random(20261123)
    running = bare.start()
    bare.live()
    before = bare.servers(), bare.pids("envoy")
    with bare.load(rate=150) as load:
        for _ in range(3):
            time.sleep(chance.uniform(0.0, 2.0))
            running.kill()
            time.sleep(chance.uniform(0.0, 1.0))
            running = bare.start()
        bare.live()
    assert (bare.servers(), bare.pids("envoy")) == before
    closes(bare, load)
    assert len(running.journal("control.started")) == 4


def a_new_server_starts(machine: Machine, _: Running, before: set[int]) -> Callable[[], object]:
    """Between start and switch."""
    return lambda: machine.servers() - before


def the_commit_is_followed(machine: Machine, _: Running, __: set[int]) -> Callable[[], object]:
    """Before the first step: the mirror has the commit, nothing has started."""
    head, mirror = machine.git("rev-parse", "HEAD"), machine.state / "mirror.git"
    refs = ["git", "--git-dir", str(mirror), "for-each-ref", "--format", "%(objectname)"]
    return lambda: head in subprocess.run(refs, capture_output=True, text=True, check=False).stdout


def the_routes_move(machine: Machine, _: Running, __: set[int]) -> Callable[[], object]:
    """In the middle of the switch: clusters are added, routes not yet moved, or not yet written down."""
    known = (machine.state / "gateway" / "cds.json").stat().st_mtime_ns
    return lambda: (machine.state / "gateway" / "cds.json").stat().st_mtime_ns != known


def the_release_is_live(_: Machine, running: Running, __: set[int]) -> Callable[[], object]:
    """After the switch, while the earlier server drains."""
    known = len(running.journal("deployment.live"))
    return lambda: len(running.journal("deployment.live")) > known


BOUNDARIES = (the_commit_is_followed, a_new_server_starts, the_routes_move, the_release_is_live)


def test_at_the_boundaries_of_a_rollout(machine: Machine) -> None:
    """Each rollout is finished by the next control process, once, under load, and nobody notices."""
    running = machine.start()
    names = [machine.live()["rows"][0]["release"]]
    with machine.load(rate=100) as load:
        for number, boundary in enumerate(BOUNDARIES):
            before = machine.servers()
            machine.declare_onnx(memory=f"{300 + number}Mi")
            names.append(f"example@{machine.commit(boundary.__doc__ or '')[:12]}")
            reached, end = boundary(machine, running, before), time.monotonic() + 30
            while not reached():  # without a pause: the instant matters
                assert time.monotonic() < end, boundary
            running.kill()
            running = machine.start()
            assert machine.live()["rows"][0]["release"] == names[-1]
            until(lambda: len(machine.servers()) == 1, "one server is left")
    closes(machine, load)
    assert [record["body"]["name"] for record in running.journal("deployment.live")] == names[::-1]
    assert set(machine.usage()) == set(names)


def test_while_it_publishes_a_window(bare: Machine) -> None:
    """Killed at the instant when the lake changes, two windows in a row: what the log gave is committed with it."""
    bare.declare_workspace(window="5s")
    bare.declare_onnx()
    bare.commit("Begin")
    running = bare.start()
    bare.live()
    lake = bare.state / "lake"
    with bare.load(rate=150) as load:
        for _ in range(2):
            known, end = listing(lake), time.monotonic() + 40
            while listing(lake) == known:
                assert time.monotonic() < end, "no window was published"
            running.kill()
            running = bare.start()
    closes(bare, load)


def listing(folder: Path) -> set[str]:
    """Names of all files under a folder, whole or half written."""
    return {os.path.join(place, name) for place, _, names in os.walk(folder) for name in names}  # noqa: PTH118 - fast
