"""Chapter 3: two bad commits, and none of their bytes is ever run."""

from __future__ import annotations

from fairlead.show.cli.demo.ground import wait_until
from fairlead.show.cli.demo.tour import SMALL, Tour
from fairlead.show.cli.demo.workspace import TOM, put_digits

__all__ = ["QUESTION", "tell"]

QUESTION = "A bad commit reaches the branch: broken weights, then other bytes than were locked. What happens?"

_FEWEST = 500
"""Calls after the bad commits that prove something."""


def tell(tour: Tour) -> None:
    """Commit both, show what is refused and why, and count who answered meanwhile."""
    ground = tour.ground
    weights = ground.workspace / "artifacts" / "digits" / "model.onnx"
    before = tour.load().of("digits")

    whole = weights.read_bytes()
    weights.write_bytes(whole[: len(whole) * 2 // 3])
    tour.tell.command("fairlead lock digits")
    ground.fairlead("lock", "digits")
    bad = [tour.commit("Retrain digits", "The upload was cut short, and locked as it was.", by=TOM)]
    tour.shown("check", expect=1)
    tour.settle(expect=1)
    _promise_held(tour, bad[0])

    put_digits(ground, tour.trained(SMALL), SMALL)
    tour.tell.command("fairlead lock digits")
    weights.write_bytes(whole)
    bad.append(tour.commit("Retrain digits again", "Locked, and then the file was replaced once more.", by=TOM))
    tour.shown("check", expect=1)
    tour.shown("status", "--wait", expect=1)
    _promise_held(tour, bad[1])

    with tour.tell.working("counting who answers"):
        wait_until(lambda: tour.load().of("digits").since(before).answered >= _FEWEST, 60, "enough calls")
    _prove(tour, bad, tour.load().of("digits").since(before).failed)
    tour.tell.say()
    tour.git("revert", "--no-edit", "HEAD~2..HEAD", by=TOM)
    tour.settle()
    tour.tell.note("Git is live again.")


def _promise_held(tour: Tour, commit: str) -> None:
    row = tour.live("digits")
    tour.promise(row["incident"], f"there is no incident although {commit[:12]} is bad")
    tour.promise(commit[:12] not in row["release"], f"{commit[:12]} went live")


def _prove(tour: Tour, bad: list[str], failed: int) -> None:
    """By the gateway's own log, as it was metered: which releases answered, and how many calls each."""
    rows = tour.ground.asked("cost", "--by", "release", "--model", "digits")["cost"]["rows"]
    answered = {row["key"]["name"]: row["requests"] for row in rows}
    reached = sum(count for name, count in answered.items() if name.partition("@")[2] in {each[:12] for each in bad})
    tour.promise(not reached, f"{reached} calls reached a refused release")
    tour.promise(not failed, f"{failed} calls failed: {'; '.join(tour.load().failures)}")
    release = tour.live("digits")["release"]
    total = sum(answered.values())
    tour.tell.result(
        f"both refused with file, line and mend; {release} went on; of {total:,} metered calls 0 reached them, 0 failed"
    )
