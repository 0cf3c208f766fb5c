"""Chapter 11: last month's bill is imported, charged by rules and closed; what is found out later is an adjustment."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from fairlead.kernel.money import plain
from fairlead.show.cli.demo import bill
from fairlead.show.cli.demo.reading import rows
from fairlead.show.cli.demo.tour import Tour
from fairlead.show.cli.demo.workspace import GRACE

__all__ = ["QUESTION", "tell"]

QUESTION = "And the cloud's bill? Last month is imported, charged to teams and customers, and closed."

_IMPORT = ("ledger", "import", f"../{bill.FILE}", "--source", "cloud")


def tell(tour: Tour) -> None:
    """Import bill and use, show the bridge, close, and import the bill again as it was corrected later."""
    month = bill.month_before(datetime.now(UTC))
    bill.write_bill(tour.ground.folder / bill.FILE, month, bill.ROWS)
    bill.write_use(tour.ground.folder / bill.USE, month)
    tour.tell.note(f"The bill is made up, {len(bill.ROWS)} lines of {month:%Y-%m}. fairlead.yaml says who is charged.")
    tour.shown(*_IMPORT)
    ran = tour.ground.fairlead("ledger", "collect", f"../{bill.USE}", "--source", "gateways")
    tour.promise(ran.code == 0, ran.text)
    tour.shown("cost", "--by", "team,customer", "--period", f"{month:%Y-%m}")
    parts = _bridge(tour, tour.shown("ledger", "close", f"{month:%Y-%m}", by=GRACE).out)

    tour.tell.note(f"Later the provider corrects the bill: storage is {-bill.CORRECTION} USD cheaper.")
    bill.write_bill(tour.ground.folder / bill.FILE, month, bill.corrected())
    late = rows(tour.shown(*_IMPORT).out, "period")[0]
    tour.promise(late["period"] > f"{month:%Y-%m-%d}", f"the closed month was changed: {late}")
    summed = " + ".join(f"{plain(amount)} {part}" for part, amount in parts.items())
    tour.tell.result(
        f"{plain(sum(parts.values(), Decimal(0)))} USD invoiced = {summed}; residual 0; {month:%Y-%m} is closed, and "
        f"{late['billed']} is an adjustment of {late['period'][:7]}"
    )


def _bridge(tour: Tour, shown: str) -> dict[str, Decimal]:
    """Parts of the invoice, as the table has them; they must sum to it, with no residual."""
    amounts = {row["part"]: row["amount"].replace(",", "") for row in rows(shown, "part")}
    table = {part: Decimal(amount) for part, amount in amounts.items() if part.strip("-")}
    tour.promise({"used", "residual", "invoiced"} <= table.keys(), f"there is no bridge: {shown}")
    residual, invoiced = table.pop("residual"), table.pop("invoiced")
    tour.promise(residual == 0 and sum(table.values()) == invoiced == bill.invoiced(), f"it does not close: {shown}")
    return table
