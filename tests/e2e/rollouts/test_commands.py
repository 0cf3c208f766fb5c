"""What a person types while a rollout is under way, at the real program, with a real control plane."""

from __future__ import annotations

import json
import subprocess
from itertools import pairwise
from typing import Any

import pytest

from tests.e2e.rollouts.conftest import Shop
from tests.e2e.rollouts.terminal import Terminal
from tests.e2e.spine.machine import Running, until
from tests.scenario.cli.program import PROGRAM

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

_SLOW = "release: { strategy: canary, steps: [{ weight: 50, pause: 10m }] }\n"


def stepping(shop: Shop) -> tuple[Running, str]:
    """A canary that stands at its first step for ten minutes; its commit."""
    running = shop.begin()
    commit = shop.bring("Change the shop", _SLOW, note=1)
    until(lambda: "rollout.step" in shop.events(running), "a step", 90)
    return running, commit


def shown(shop: Shop) -> dict[str, Any]:
    """The one rollout."""
    (found,) = shop.machine.json("rollout", "show", "shop")["rollouts"]
    return dict(found)


def test_a_person_pauses_resumes_and_promotes(shop: Shop) -> None:
    """Each word is obeyed while they wait, needs its reason, and stands in the journal; the promotion is counted."""
    running, commit = stepping(shop)
    for verb in ("pause", "promote", "abort"):
        refused = shop.machine.run("rollout", verb, "shop", exit_code=2)
        assert refused.stderr.startswith(f"error: {verb} needs a reason\n  mend: ")
    assert "is not paused" in shop.machine.run("rollout", "resume", "shop", exit_code=2).stderr

    told = shop.machine.json("rollout", "pause", "shop", "--reason", "we look at the slow answers first")
    assert (told["outcome"], told["environment"]) == ("done", "prod")
    (paused,) = running.journal("rollout.paused")
    assert (paused["actor"]["name"], "the slow answers" in str(paused["body"])) == ("Ada", True)
    assert shown(shop)["pause"] is not None
    assert "paused" in shop.machine.run("rollout", "show", "shop").stdout

    said = shop.machine.run("rollout", "resume", "shop").stderr
    assert said.startswith("shop in prod is stepping; resumed")
    assert running.journal("rollout.resumed")
    assert shown(shop)["pause"] is None

    said = shop.machine.run("rollout", "promote", "shop", "--reason", "it fixes an outage").stderr
    assert "it fixes an outage" in said
    assert shop.machine.live()["rows"][0]["release"] == f"shop@{commit[:12]}"
    (promoted,) = running.journal("rollout.promoted")
    assert "it fixes an outage" in str(promoted["body"])
    until(lambda: shown(shop)["phase"] == "completed", "its end")
    assert shown(shop)["overrides"] == 1
    late = shop.machine.run("rollout", "promote", "shop", "--reason", "again", exit_code=2)
    assert "mend:" in late.stderr


def test_an_empty_reason_is_none(shop: Shop) -> None:
    """Blanks do not overrule a verdict."""
    running, _ = stepping(shop)
    shop.machine.run("rollout", "promote", "shop", "--reason", "  ", exit_code=2)
    assert running.journal("rollout.promoted") == []
    assert shown(shop)["phase"] == "stepping"


def test_without_a_control_plane_the_word_waits_for_the_next(shop: Shop) -> None:
    """Exit 1 says that it is not done yet; the next control plane obeys."""
    running, commit = stepping(shop)
    running.kill()
    told = shop.machine.json("rollout", "promote", "shop", "--reason", "it fixes an outage", exit_code=1)
    assert told["outcome"] == "waiting"
    shop.machine.start()
    assert shop.machine.live()["rows"][0]["release"] == f"shop@{commit[:12]}"


def test_how_long_a_canary_needs_is_said_without_a_workspace(shop: Shop) -> None:
    """As JSON, with the assumptions it rests on; the same figures each time, and more traffic needs less time."""
    asked = ("rollout", "power", "--baseline", "0.01", "--effect", "0.01", "--rate")
    few, again, many = (shop.machine.json(*asked, rate) for rate in ("600", "600", "2400"))
    assert few == again
    assert {"baseline", "effect", "rate", "alpha", "margin", "weight", "stop", "pass"} <= few.keys()
    for answer in ("stop", "pass"):
        assert 0 < many[answer]["median_minutes"] < few[answer]["median_minutes"] <= few[answer]["p90_minutes"]
    wrong = shop.machine.run("rollout", "power", "--baseline", "2", "--effect", "0.1", "--rate", "1", exit_code=2)
    assert "mend:" in wrong.stderr


def test_a_pipe_gets_a_line_for_each_change_and_ends_with_the_verdict(shop: Shop) -> None:
    """No line repeats the one before; the last one is the end, and the exit status says how it ended."""
    running = shop.begin(delay_ms=3)
    with shop.machine.load(rate=120, seconds=300, model="shop"):
        shop.bring("Improve the shop", delay_ms=3, note=1)
        until(lambda: shop.events(running), "a rollout", 60)
        command = [*PROGRAM, "rollout", "show", "shop", "--watch"]
        machine = shop.machine
        watched, parsed = (
            subprocess.Popen(
                [*command, *form], cwd=machine.workspace, env=machine.environ, stdout=subprocess.PIPE, text=True
            )
            for form in ((), ("--format", "json"))
        )
        lines = watched.communicate(timeout=300)[0].splitlines()
        objects = [json.loads(line) for line in parsed.communicate(timeout=60)[0].splitlines()]
    assert (watched.returncode, parsed.returncode) == (0, 0)
    said = [line.partition(" prod/shop ")[2] for line in lines]
    assert all(before != after for before, after in pairwise(said))
    assert not any("\x1b" in line for line in lines)
    assert any("step 1 of 1" in line or "stepping" in line for line in said)
    assert "completed" in said[-1]
    assert not any("completed" in line for line in said[:-1])
    phases = [each["phase"] for each in objects]
    assert phases[-1] == "completed"
    assert "stepping" in phases
    assert {each["environment"] for each in objects} == {"prod"}


def test_a_terminal_is_drawn_over_in_place(shop: Shop) -> None:
    """One rollout on the screen, however often it changed; what stays there is its end, and exit 1 says it failed."""
    stepping(shop)
    machine = shop.machine
    terminal = Terminal(
        [*PROGRAM, "rollout", "show", "shop", "--watch"], machine.workspace, machine.environ, rows=50, columns=120
    )
    terminal.until("stepping")
    machine.run("rollout", "pause", "shop", "--reason", "we look at it")
    terminal.until("we look at it")
    assert terminal.screen.text.count("shop in prod:") == 1
    machine.run("rollout", "abort", "shop", "--reason", "the board said no")
    terminal.until("the board said no")
    assert terminal.ended() == 1
    assert terminal.screen.text.count("shop in prod:") == 1
    assert "aborted" in terminal.screen.text
    assert "stepping" not in terminal.screen.text
    assert terminal.screen.drawn_over >= 2


def test_a_terminal_too_small_is_begun_anew(shop: Shop) -> None:
    """What scrolled away cannot be drawn over: the screen shows the newest, and nothing twice."""
    stepping(shop)
    machine = shop.machine
    command = [*PROGRAM, "rollout", "show", "shop", "--watch"]
    terminal = Terminal(command, machine.workspace, machine.environ, rows=5, columns=100)
    terminal.until("no data yet")
    machine.run("rollout", "abort", "shop", "--reason", "the board said no")
    assert terminal.ended() == 1
    assert "aborted: aborted by Ada: the board said no" in terminal.screen.text
    assert terminal.screen.text.count("is refused here until Git says something else") == 1
    assert terminal.screen.drawn_over >= 1
