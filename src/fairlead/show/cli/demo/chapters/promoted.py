"""Chapter 8: a better release proves itself in a canary, and moves on to the next region as it is."""

from __future__ import annotations

import time

from fairlead.kernel.windows import parse_iso
from fairlead.show.cli.demo.canary import CANARY, watch_canary
from fairlead.show.cli.demo.tour import SHIFTED, Tour
from fairlead.show.cli.demo.workspace import GRACE, LIN, put_digits

__all__ = ["QUESTION", "tell"]

QUESTION = "A better release proves itself, in the same canary. How does it reach the next region?"

_NEXT = "prod-west"


def tell(tour: Tour) -> None:
    """Commit it, watch it pass, promote it, and show that both regions run the same release."""
    trained = tour.trained(SHIFTED)
    put_digits(tour.ground, trained, SHIFTED, CANARY)
    tour.tell.note(
        "To pass takes longer than to fail: errors and latency must each be shown to be no worse than their margins in "
        "fairlead.yaml, at any look, with 5 % for all false alarms together. At this load 60 seconds are enough."
    )
    why = f"{trained.accuracy:.1%} of the test digits are read right, also where they stand askew."
    commit = tour.commit("Teach shifted digits", why, by=LIN, approved=GRACE)
    rollout = watch_canary(tour, commit, expect=0)
    tour.promise(rollout["phase"] == "completed", f"the rollout is {rollout['phase']}: {rollout['reason']}")
    tour.settle()
    name = rollout["new"]["name"]

    tour.tell.note(f"fairlead.yaml names `{_NEXT}` after `prod`: what is proven in one may move on to the other.")
    tour.shown("promote", "digits", "--to", _NEXT, by=GRACE)
    promoted = time.time()
    tour.tell.answer(tour.git("show", "--format=%h %an: %s%n%n%b", "--unified=1", by=GRACE))
    tour.shown("status", "--wait")
    rows = {row["environment"]: row for row in tour.ground.asked("status")["rows"] if row["model"] == "digits"}
    tour.promise({row["release"] for row in rows.values()} == {name}, f"not everywhere is {name}: {rows}")
    tour.promise(rows.keys() == {"prod", _NEXT}, f"digits is in {', '.join(rows)}")
    live = next(entry for entry in tour.history("digits") if entry["environment"] == _NEXT)
    span = parse_iso(live["since"]).timestamp() - promoted
    judged = (parse_iso(rollout["since"]) - parse_iso(rollout["started"])).total_seconds()
    tour.tell.result(
        f"{name} passed after {judged:.0f} s, and is live in {_NEXT} {span:.1f} s after its promotion: "
        "the same release, nothing was built again"
    )
