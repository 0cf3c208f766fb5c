"""Chapter 7: a release that fails one call in five meets half of the traffic, is judged, and is taken back in Git."""

from __future__ import annotations

import sys
from typing import Any

from fairlead.kernel.windows import parse_iso
from fairlead.show.cli.demo.canary import CANARY, watch_canary
from fairlead.show.cli.demo.ground import wait_until
from fairlead.show.cli.demo.inbox import read_inbox
from fairlead.show.cli.demo.tour import Tour
from fairlead.show.cli.demo.workspace import GRACE, LIN

__all__ = ["QUESTION", "tell"]

QUESTION = "And if nobody is watching? A release that fails one call in five goes through a canary."

_TOLD = 60.0
_SERVER = f"""  runtime: command
  command: [{sys.executable}, -m, fairlead.show.cli.demo.words_server, --model-dir, '{{model_dir}}', --name, digits,
    --port, '{{port}}']
  readiness: {{ path: /ready }}
"""


def tell(tour: Tour) -> None:
    """Declare the canary, commit the bad release, watch it end, and show the revert commit and who was told."""
    model = tour.ground.workspace / "models" / "digits" / "model.yaml"
    whole = model.read_text(encoding="utf-8")
    model.write_text(whole.replace("environments:\n  prod: {}\n", f"environments:\n  prod: {{}}\n{CANARY}"), "utf-8")
    tour.tell.note("model.yaml gets `release: {strategy: canary, steps: [{weight: 50}]}`. That shapes no new release.")
    tour.commit("Let new digits prove themselves", "Half of the calls meet them until the verdict.", by=GRACE)
    tour.settle()
    text = model.read_text(encoding="utf-8").replace("  runtime: onnx\n", _SERVER)
    model.write_text(text.replace("Reads a handwritten digit", "Names a handwritten digit"), "utf-8")
    tour.ground.fairlead("lock", "digits")
    tour.tell.note(
        "A server of Lin's own answers `three` instead of 3. Its list of names ends at seven: it fails at each eight "
        "and nine, which is one call in five. How long does a verdict need?"
    )
    rate = _calls_a_minute(tour)
    tour.shown("rollout", "power", "--baseline", "0.001", "--effect", "0.2", "--rate", str(rate), "--margin", "0.02")
    tour.tell.note(
        f"{rate / 60:.0f} calls a second come, half of them to each release, and fairlead.yaml asks for a look every 2 "
        "seconds. At this load the first look or two can tell, well within 60 seconds. The statistics are fairlead's "
        "own, and hold however often one looks."
    )
    commit = tour.commit("Answer with words", "They read better in the app.", by=LIN, approved=GRACE)
    rollout = watch_canary(tour, commit, expect=1)
    _prove(tour, rollout)


def _calls_a_minute(tour: Tour) -> int:
    """How often digits is asked, as the customers' load counted until now; to two digits."""
    before = tour.load()
    with tour.tell.working("counting calls"):
        wait_until(lambda: tour.load().seconds > before.seconds + 2, 30, "some load")
    after = tour.load()
    rate = after.of("digits").since(before.of("digits")).answered / (after.seconds - before.seconds) * 60
    return int(round(rate, -2)) or 100


def _prove(tour: Tour, rollout: Any) -> None:
    """By what Git and the chat say."""
    name, met = rollout["new"]["name"], rollout["exposure"]["requests"]
    tour.promise(rollout["phase"] == "aborted", f"the rollout of {name} is {rollout['phase']}")
    tour.promise(rollout["metric"] == "error-rate", f"it was stopped for {rollout['metric']}: {rollout['reason']}")
    tour.settle()
    tour.tell.answer(tour.git("log", "-1", "--format=%h %an: %s%n%n%b", by=GRACE))
    wanted = tour.ground.git("log", "-1", "--format=%(trailers:key=Fairlead-Reverts,valueonly)", by=GRACE)
    tour.promise(wanted.strip() == name, f"the newest commit reverts {wanted!r} instead of {name}")
    live = tour.live("digits")
    tour.promise(live["release"] == rollout["old"]["name"], f"{live['release']} is live")
    with tour.tell.working("waiting for the message"):
        wait_until(lambda: _message(tour, name) is not None, _TOLD, "a message to the chat")
    told = _message(tour, name)
    titles = "; ".join(each["title"] for each in told["notices"])
    tour.tell.note(f"The chat of {told['notices'][0]['owner']} is told: {titles}")
    span = (parse_iso(rollout["since"]) - parse_iso(rollout["started"])).total_seconds()
    tour.tell.result(
        f"{name} stopped after {span:.0f} s, {met:,} calls met it; {rollout['reason'].partition(' (')[0]}; "
        f"reverted in Git by fairlead, and {rollout['old']['name']} answers all"
    )


def _message(tour: Tour, release: str) -> Any:
    """What the chat was told of a release, or None."""
    told = (each["data"] for each in read_inbox(tour.ground.inbox))
    return next((each for each in told if any(one["release"] == release for one in each["notices"])), None)
