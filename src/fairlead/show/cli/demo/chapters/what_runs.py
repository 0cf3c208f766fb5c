"""Chapter 1: one table that says what runs, who approved it, and what it costs."""

from __future__ import annotations

from fairlead.show.cli.demo.ground import wait_until
from fairlead.show.cli.demo.reading import money, rows
from fairlead.show.cli.demo.tour import Tour

__all__ = ["QUESTION", "tell"]

QUESTION = "What runs, who approved it, what does it cost?"

_FIRST_FIGURES = 60.0


def tell(tour: Tour) -> None:
    """Wait for the first figures, then show the fleet."""
    with tour.tell.working("three customers call; waiting for the first 10 seconds of metered usage"):
        wait_until(lambda: _is_priced(tour), _FIRST_FIGURES, "a first figure of cost", pause=1.0)
    shown = {row["model"]: row for row in rows(tour.shown("status").out, "model")}
    known = tour.ground.asked("status")["rows"]
    approvers: set[str] = set()
    costs: list[str] = []
    for row in known:
        model = row["model"]
        tour.promise(shown[model]["health"] == "healthy", f"{model} is {shown[model]['health']}")
        # By the trailers of the commits that declared what is live: Git's own words.
        tour.promise(row["approved_by"], f"nobody approved {row['release']}")
        approvers |= {name.partition(" <")[0] for name in row["approved_by"]}
        # A narrow terminal leaves the figure out of the table; a wide one shows it, and the result repeats it.
        costs.append(f"{model} {shown[model].get('per 1k') or money(row['per_1k'])}")
    names = ", ".join(sorted(approvers))
    tour.tell.result(f"{len(known)} models, approved by {names}; a thousand calls cost {', '.join(costs)} (measured)")


def _is_priced(tour: Tour) -> bool:
    found = tour.ground.asked("status")["rows"]
    return len(found) > 1 and all(row["per_1k"] for row in found)
