"""Rollouts that are disturbed: Envoy or the control plane killed, a push refused, a history rewritten."""

from __future__ import annotations

import os
import signal
import time

import pytest

from tests.e2e.rollouts.conftest import Shop
from tests.e2e.spine.machine import until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]


def test_envoy_killed_in_a_shift_comes_back_with_its_weights(shop: Shop) -> None:
    """The canary goes on where it stood, and the release goes live."""
    running = shop.begin(delay_ms=3)
    with shop.machine.load(rate=120, seconds=300, model="shop"):
        commit = shop.bring("Improve the shop", delay_ms=3, note=1)
        until(lambda: "rollout.step" in shop.events(running), "a step", 60)
        for pid in shop.machine.pids("bootstrap.json"):
            os.kill(pid, signal.SIGKILL)
        shop.ended(running, "completed", 250)
        assert shop.machine.live()["rows"][0]["release"] == f"shop@{commit[:12]}"


def test_a_killed_control_plane_goes_on_with_the_rollout(shop: Shop) -> None:
    """Traffic stays shared while nobody rules; the next one has the same rollout, and it ends once."""
    running = shop.begin(delay_ms=3)
    with shop.machine.load(rate=120, seconds=300, model="shop") as load:
        shop.bring("Improve the shop", delay_ms=3, note=1)
        until(lambda: "rollout.step" in shop.events(running), "a step", 60)
        time.sleep(3)
        running.kill()
        time.sleep(3)
        running = shop.machine.start()
        shop.ended(running, "completed", 250)
        shop.machine.live()
    assert load["failed"] == {}
    assert shop.events(running) == ["rollout.started", "rollout.step", "rollout.completed"]


def test_a_refused_push_leaves_a_branch_and_an_open_incident(shop: Shop) -> None:
    """Git still wants the bad release: it is not brought back, the incident says what to merge, and merging ends it."""
    running = shop.begin(delay_ms=3)
    with shop.machine.load(rate=120, seconds=300, model="shop"):
        shop.bring("Worsen the shop", delay_ms=3, errors=0.3)
        # The person's own working copy is open, so that nobody may push to its branch.
        server = shop.machine.workspace / "models" / "shop" / "server.py"
        server.write_text(server.read_text() + "# not committed yet\n")
        shop.ended(running, "aborted", 250)
        until(lambda: [each["kind"] for each in running.incidents()] == ["rolled-back"], "the incident", 60)
        until(lambda: "fairlead/revert" in running.incidents()[0]["message"], "the branch in the incident", 60)
    shop.machine.git("checkout", "--quiet", "--", "models")
    branch = shop.machine.git("for-each-ref", "--format=%(refname:short)", "refs/heads/fairlead/")
    assert branch
    shop.machine.git("merge", "--quiet", "--ff-only", branch)
    shop.machine.live()
    assert running.incidents() == []


def test_a_rewritten_history_supersedes_the_rollout(shop: Shop) -> None:
    """A forced push that drops the commit of a running canary gives the traffic back, and nothing is reverted."""
    running = shop.begin(delay_ms=3)
    first = shop.machine.git("rev-parse", "HEAD")
    with shop.machine.load(rate=60, seconds=200, model="shop") as load:
        shop.bring("Change the shop", "release: { strategy: canary, steps: [{ weight: 50, pause: 10m }] }\n", note=1)
        until(lambda: "rollout.step" in shop.events(running), "a step", 60)
        shop.machine.git("reset", "--quiet", "--hard", first)
        shop.ended(running, "superseded", 60)
        assert shop.machine.live()["rows"][0]["release"] == f"shop@{first[:12]}"
    assert load["failed"] == {}
    assert running.journal("revert") == []


def test_a_person_aborts_with_a_reason(shop: Shop) -> None:
    """The reason is in the journal and in the revert; the override is counted."""
    running = shop.begin(delay_ms=3)
    with shop.machine.load(rate=60, seconds=200, model="shop"):
        shop.bring("Change the shop", "release: { strategy: canary, steps: [{ weight: 50, pause: 10m }] }\n", note=1)
        until(lambda: "rollout.step" in shop.events(running), "a step", 60)
        shop.machine.run("rollout", "abort", "shop", "--reason", "the board said no")
        shop.ended(running, "aborted", 60)
        assert "the board said no" in shop.reverted()
    shown = shop.machine.json("rollout", "show", "shop")
    assert "the board said no" in str(shown)
