"""Chapter 1: one table that says what runs, who approved it, and what it costs."""

from __future__ import annotations

from fairlead.show.cli.demo.ground import wait_until
from fairlead.show.cli.demo.reading import rows
from fairlead.show.cli.demo.tour import Tour

__all__ = ["QUESTION", "tell"]

QUESTION = "What runs, who approved it, what does it cost?"

_FIRST_FIGURES = 60.0


def tell(tour: Tour) -> None:
    """Wait for the first figures, then show the fleet."""
    with tour.tell.working("three customers call; waiting for the first 10 seconds of metered usage"):
        wait_until(lambda: _is_priced(tour), _FIRST_FIGURES, "a first figure of cost", pause=1.0)
    shown = {row["model"]: row for row in rows(tour.shown("status").out, "model")}
    for row in shown.values():
        tour.promise(row["health"] == "healthy", f"{row['model']} is {row['health']}")
    costs = ", ".join(f"{model} {row['per 1k']}" for model, row in shown.items())
    tour.tell.result(f"{len(shown)} models, approved by {_approvers(tour)}; a thousand calls cost {costs} (measured)")


def _approvers(tour: Tour) -> str:
    """By the trailers of the commits that declared what is live: Git's own words."""
    names: set[str] = set()
    for row in tour.ground.asked("status")["rows"]:
        tour.promise(row["approved_by"], f"nobody approved {row['release']}")
        names |= {name.partition(" <")[0] for name in row["approved_by"]}
    return ", ".join(sorted(names))


def _is_priced(tour: Tour) -> bool:
    found = tour.ground.asked("status")["rows"]
    return len(found) > 1 and all(row["per_1k"] for row in found)
