"""Chapter 10: the machine's time, and its parts, to the last digit."""

from __future__ import annotations

from decimal import Decimal

from fairlead.show.cli.demo.reading import rows
from fairlead.show.cli.demo.tour import Tour
from fairlead.show.cli.demo.workspace import PRICE

__all__ = ["QUESTION", "tell"]

QUESTION = "Does it close? What the machine's time cost, and the sum of the parts."


_PARTS = ("releases", "platform", "idle")


def tell(tour: Tour) -> None:
    """Show the cost by model with the bill, and add it up again."""
    ran = tour.shown("cost", "--by", "model")
    bill = {row["part"]: Decimal(row["amount"]) for row in rows(ran.out, "part") if row["part"].isalpha()}
    tour.promise({*_PARTS, "residual", "billed"} <= bill.keys(), f"there is no bill: {ran.out}")
    residual = bill["billed"] - sum(bill[part] for part in _PARTS)
    tour.promise(residual == bill["residual"] == 0, f"the residual is {residual}")
    tour.tell.note(
        f"Price: {PRICE.source} = {PRICE.per_core} USD a core and hour, as of {PRICE.day}. It is the public price of "
        "such a core, not what this machine was bought for."
    )
    summed = " + ".join(f"{bill[part]:f}" for part in _PARTS)
    tour.tell.result(f"{bill['billed']:f} USD billed = {summed}; residual 0")
