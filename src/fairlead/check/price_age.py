"""Prices that were said too long ago: a warning at the row, or at the plan that was priced by them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date

from fairlead.domain.finding import Finding, Severity
from fairlead.domain.plan import CostComponent
from fairlead.domain.price_book import PriceBook
from fairlead.domain.price_list import STALE_DAYS, PriceList, is_stale

__all__ = ["STALE", "stale_components", "stale_list", "stale_rows"]

STALE = "prices/stale"

Place = tuple[int, int]


def stale_rows(
    book: PriceBook | None, path: str, locate: Callable[[tuple[str | int, ...]], Place], today: date
) -> Iterator[Finding]:
    """Rows of a workspace's price book; what is owned was bought once and for all, and is not looked at."""
    for at, row in enumerate(book.rows if book else ()):
        if is_stale(row.as_of, today):
            name = f"{row.resource} {row.gpu_type}".strip()
            message = f"the price of {name} is of {row.as_of}, {_ago(row.as_of, today)}"
            mend = "look it up again, and write the new price, its source and the day"
            place = locate(("priceBook", "rows", at, "asOf"))
            yield Finding(path, *place, STALE, message, mend, Severity.WARNING)


def stale_components(path: str, components: Iterable[CostComponent], today: date) -> Iterator[Finding]:
    """One finding for each day of prices that something in `path` was priced by."""
    days = Counter(each.priced_on for each in components if each.priced_on is not None)
    for day, count in sorted(days.items()):
        if is_stale(day, today):
            what = "one price here is" if count == 1 else f"{count} prices here are"
            message = f"{what} of {day}, {_ago(day, today)}"
            mend = "import a newer list: `fairlead prices import`"
            yield Finding(path, 0, 0, STALE, message, mend, Severity.WARNING)


def stale_list(known: PriceList, today: date) -> Iterator[Finding]:
    """A list that nothing newer has taken the place of."""
    if is_stale(known.oldest, today):
        whole = "the list is" if known.oldest == known.as_of else "its oldest price is"
        message = f"{known.provider}: {whole} of {known.oldest}, {_ago(known.oldest, today)}"
        kind = "csv" if known.provider == "services" else known.provider
        mend = f"import a newer one: `fairlead prices import {kind} FILE_OR_URL`"
        yield Finding(known.source, 0, 0, STALE, message, mend, Severity.WARNING)


def _ago(day: date, today: date) -> str:
    return f"{(today - day).days} days ago; more than {STALE_DAYS} are a finding"
