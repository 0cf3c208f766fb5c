"""Chapter 2: a better release is checked and priced on its branch, merged, started and switched to under load."""

from __future__ import annotations

import time

from fairlead.kernel.windows import parse_iso
from fairlead.show.cli.demo.ground import wait_until
from fairlead.show.cli.demo.tour import NETWORK, Tour
from fairlead.show.cli.demo.workspace import GRACE, LIN, put_digits

__all__ = ["QUESTION", "tell"]

QUESTION = "A better release of digits: what will it cost, and does anybody notice the switch?"

_BRANCH = "better-digits"
_AFTER = 1.5
"""Seconds of load after the switch that count as well: late failures would be failures."""


def tell(tour: Tour) -> None:
    """Commit on a branch, check, plan, merge; then compare the customers' own counts."""
    trained = tour.trained(NETWORK)
    tour.git("switch", "--quiet", "--create", _BRANCH, by=LIN)
    put_digits(tour.ground, trained, NETWORK)
    why = f"{trained.accuracy:.1%} of the test digits are read right."
    commit = tour.commit("Read digits by a network", why, by=LIN, approved=GRACE)
    tour.shown("check")
    tour.settle()
    tour.shown("plan", "digits", "--branch", _BRANCH)
    tour.git("switch", "--quiet", "main", by=GRACE)
    before = tour.load()
    tour.git("merge", "--quiet", "--ff-only", _BRANCH, by=GRACE)
    merged = time.time()
    tour.shown("status", "--wait")
    span = parse_iso(_entry(tour, commit)["since"]).timestamp() - merged
    wait_until(lambda: tour.load().seconds > before.seconds + span + _AFTER, 30, "some load after the switch")
    switched = tour.load().of("digits").since(before.of("digits"))
    customers = len(tour.load().tallies)
    words = f"{switched.answered:,} calls of {customers} customers meanwhile"
    tour.promise(not switched.failed, f"{switched.failed} of {words} failed: {'; '.join(tour.load().failures)}")
    tour.tell.result(f"live {span:.1f} s after the merge; {words}, 0 failed")


def _entry(tour: Tour, commit: str) -> dict[str, str]:
    newest = tour.history("digits")[0]
    tour.promise(newest["commit"]["id"] == commit, f"{newest['release']} is live instead of {commit[:12]}")
    tour.promise(newest["state"] == "live", f"{newest['release']} is {newest['state']}")
    found: dict[str, str] = newest
    return found
