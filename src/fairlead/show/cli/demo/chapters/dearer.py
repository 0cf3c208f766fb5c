"""Chapter 5: a release that is right, approved and healthy, and far dearer; Git takes it back."""

from __future__ import annotations

from typing import Any

from fairlead.show.cli.demo.ground import wait_until
from fairlead.show.cli.demo.reading import money, rows
from fairlead.show.cli.demo.tour import COMMITTEE, Tour
from fairlead.show.cli.demo.workspace import GRACE, LIN, put_digits
from fairlead.show.outputs.figures import change_text

__all__ = ["QUESTION", "tell"]

QUESTION = "A release is right, tested and approved, and costs far more. Who notices, and what then?"

_DEARER = 0.6
_ENOUGH = 4000
"""Calls after which a release's start weighs little in its cost."""

_LONGEST = 90.0


def tell(tour: Tour) -> None:
    """Let it run until its cost is measured, name it, revert it, and show how long that took."""
    trained = tour.trained(COMMITTEE)
    with tour.tell.working("measuring what it costs today"):
        wait_until(lambda: (tour.live("digits")["requests"] or 0) >= _ENOUGH, _LONGEST, "a measured cost", pause=2.0)
    put_digits(tour.ground, trained, COMMITTEE)
    why = f"{trained.accuracy:.1%} of the test digits are read right, by {COMMITTEE.about}."
    commit = tour.commit("Read digits by a committee", why, by=LIN, approved=GRACE)
    tour.settle()
    with tour.tell.working("measuring what it costs"):
        wait_until(lambda: _is_measured(tour, commit), _LONGEST, "a measured cost", pause=2.0)
    dear = _newest(tour, commit)
    tour.promise(dear["change"] >= _DEARER, f"{dear['release']} is only {dear['change']:+.0%} dearer")
    shown = rows(tour.shown("history", "digits").out, "environment")[0]
    tour.promise(shown["release"] == dear["release"], f"{shown['release']} is shown instead of {dear['release']}")
    # A narrow terminal leaves figures out of the table; a wide one shows them, and the result repeats them.
    cost = shown.get("per 1k") or money(dear["per_1k"])
    change = shown.get("dearer") or change_text(dear["change"])
    author = dear["commit"]["author"]
    tour.tell.result(f"{dear['release']} by {author}: {cost} a thousand calls, {change}")
    tour.tell.say()
    tour.git("revert", "--no-edit", "HEAD", by=GRACE)
    revert = tour.ground.git("rev-parse", "HEAD", by=GRACE)
    tour.shown("status", "--wait")
    back = _newest(tour, revert)
    tour.promise(back["returned"], f"{back['release']} is no earlier release")
    tour.promise(back["recovery_s"] is not None, "no time to recovery is known")
    tour.tell.result(f"{back['release']} is back; time to recovery {back['recovery_s']:.0f} s, measuring included")


def _newest(tour: Tour, commit: str) -> Any:
    entry = tour.history("digits")[0]
    tour.promise(entry["commit"]["id"] == commit, f"{entry['release']} is the newest instead of {commit[:12]}")
    return entry


def _is_measured(tour: Tour, commit: str) -> bool:
    entry = _newest(tour, commit)
    return entry["change"] is not None and (entry["requests"] or 0) >= _ENOUGH
