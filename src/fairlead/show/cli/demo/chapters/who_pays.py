"""Chapter 9: what each customer costs and pays, on the plans that the workspace states."""

from __future__ import annotations

from fairlead.show.cli.demo.reading import rows
from fairlead.show.cli.demo.tour import Tour

__all__ = ["QUESTION", "tell"]

QUESTION = "Who pays? What do the three customers cost, and do their plans cover it?"


def tell(tour: Tour) -> None:
    """Show cost and margin by customer, and name who loses money."""
    ran = tour.shown("cost", "--by", "customer")
    margins = [row for row in rows(ran.out.partition("margin on")[2], "customer") if "margin" in row]
    callers = sorted(tour.load().tallies)
    tour.promise(
        sorted(row["customer"] for row in margins) == callers, f"margins are not those of {callers}: {ran.out}"
    )
    losing = [row for row in margins if row["margin"].startswith("-") and row["margin"] != "-"]
    tour.promise(len(losing) == 1, f"{len(losing)} customers lose money: {ran.out}")
    one = losing[0]
    tour.tell.note("Plans are stated in models/*/model.yaml. Cost is the releases' measured CPU; the rest comes next.")
    loss = one["margin"].removeprefix("-")
    tour.tell.result(f"{one['customer']} loses {loss}: it pays a flat price per answer, and asks for long ones")
