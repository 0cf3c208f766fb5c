"""Chapter 6: a batch size that makes each answer dearer; the watch of cost names the commit while it is minutes old."""

from __future__ import annotations

import sys
import time
from decimal import Decimal
from typing import Any

from fairlead.domain.anomaly import CostKind
from fairlead.kernel.money import plain
from fairlead.kernel.windows import parse_iso
from fairlead.show.cli.demo.ground import wait_until
from fairlead.show.cli.demo.reading import money
from fairlead.show.cli.demo.tour import Tour
from fairlead.show.cli.demo.workspace import GRACE, LIN

__all__ = ["QUESTION", "tell"]

QUESTION = "Answers stay the same, and each costs more: a batch size. How many minutes until somebody knows whose?"

_SERVER = f"""  runtime: command
  command: [{sys.executable}, -m, fairlead.show.cli.demo.batch_server, --model-dir, '{{model_dir}}', --name, digits,
    --port, '{{port}}', --batch-size, '4096']
  readiness: {{ path: /v2/health/ready }}
"""
_BUILT_IN = "  runtime: onnx\n"
_WARM = 150.0
"""Seconds of load after which the watch knows what is usual: twice its `warmUp`, and what a start takes."""

_FOUND = 180.0
_PART = Decimal("0.8")
_HOUR = 3600
_WATCH = """
# The tour is short: what a model costs is watched from its second minute on, not after two weeks. What adds less than
# four fifths to what digits costs is not worth a word: customers come and go.
anomalies:
  warmUp: 1m
  leastStake: {stake}
  actions:
    - {{ kind: serving-configuration, actions: [notify, propose-revert] }}
"""


def tell(tour: Tour) -> None:
    """Declare the watch, commit the batch size, wait for the event, and merge the revert that was proposed."""
    _declare(tour)
    commit = _commit_batches(tour)
    bad = tour.live("digits")["release"]
    begun = parse_iso(tour.history("digits")[0]["since"]).timestamp()
    with tour.tell.working("waiting for an event"):
        wait_until(lambda: bool(_open(tour)), _FOUND, "a cost event", pause=2.0)
    span = time.time() - begun
    tour.shown("anomalies", "events", "--model", "digits", "--open")
    event = _proven(tour, commit)
    wait_until(lambda: bool(_branches(tour)), 30, "the proposal of a revert", pause=1.0)
    tour.tell.note("Cost alone takes nothing out of what Git wants. The revert waits on a branch; Grace merges it.")
    tour.git("merge", "--quiet", "--ff-only", _branches(tour)[0], by=GRACE)
    tour.shown("status", "--wait")
    live = tour.live("digits")["release"]
    tour.promise(live != bad, f"{bad} is still live")
    origin = event["origin"]
    tour.tell.result(
        f"{event['kind']} by {origin['author']}'s {origin['commit'][:10]}, named {span:.0f} s after it went live: "
        f"{money(event['actual'])} an hour instead of {money(event['expected'])}; {live} is back"
    )


def _declare(tour: Tour) -> None:
    """Turn the watch on, with a least stake by what digits costs now."""
    with tour.tell.working("the watch learns what is usual"):
        wait_until(lambda: tour.load().seconds > _WARM, 2 * _WARM, "a minute of load", pause=1.0)
    load, per_1k = tour.load(), Decimal(tour.live("digits")["per_1k"]["amount"])
    calls = Decimal(load.of("digits").answered / load.seconds * _HOUR)
    stake = (per_1k * calls / 1000 * _PART).quantize(Decimal("0.00001"))
    file = tour.ground.workspace / "fairlead.yaml"
    file.write_text(file.read_text(encoding="utf-8") + _WATCH.format(stake=plain(stake)), encoding="utf-8")
    tour.tell.note(
        "fairlead.yaml gets `anomalies`: it warms up for 1 minute, says nothing below "
        f"{plain(stake)} USD an hour, and proposes a revert of a bad serving configuration."
    )
    tour.commit("Watch what models cost", "A minute is enough for the tour.", by=GRACE)
    tour.settle()


def _commit_batches(tour: Tour) -> str:
    """The change, as it is approved and live: nothing is wrong with it that a test could tell."""
    model = tour.ground.workspace / "models" / "digits" / "model.yaml"
    text = model.read_text(encoding="utf-8")
    tour.promise(_BUILT_IN in text, f"{model.name} has another server")
    model.write_text(text.replace(_BUILT_IN, _SERVER), encoding="utf-8")
    tour.ground.fairlead("lock", "digits")
    tour.tell.note(
        "Lin's server for the nightly job reads 4096 digits at once. Now it gets the customers' calls, one digit each: "
        "the same weights, the same answers."
    )
    commit = tour.commit("Serve digits as at night", "One server for both.", by=LIN, approved=GRACE)
    tour.settle()
    newest = tour.history("digits")[0]
    tour.promise((newest["commit"]["id"], newest["state"]) == (commit, "live"), f"{newest['release']} is the newest")
    return commit


def _open(tour: Tour) -> list[Any]:
    """The events of digits that go on, of the kind that is looked for: what its customers do is another matter."""
    found: list[Any] = tour.ground.asked("anomalies", "events", "--model", "digits", "--open")["events"]
    return [each for each in found if each["kept"]["event"]["kind"] == CostKind.SERVING_CONFIGURATION.value]


def _proven(tour: Tour, commit: str) -> Any:
    """The one event, of that kind and commit."""
    found = [each["kept"]["event"] for each in _open(tour)]
    tour.promise(len(found) == 1, f"{len(found)} events are open")
    event = found[0]
    named = event["origin"] and event["origin"]["commit"]
    tour.promise(named == commit, f"it names {named} instead of {commit[:12]}")
    return event


def _branches(tour: Tour) -> list[str]:
    """Branches on which a revert is proposed for its cost."""
    return tour.ground.git("branch", "--list", "fairlead/cost-*", "--format=%(refname:short)", by=GRACE).split()
