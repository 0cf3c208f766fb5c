"""`fairlead prices`: providers' lists read and kept, and what a check is priced by."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from fairlead.check.price_age import stale_list, stale_rows
from fairlead.declare.places import FieldPlaces
from fairlead.declare.reader import WORKSPACE_FILE
from fairlead.domain.finding import Finding
from fairlead.domain.price_book import PriceBook
from fairlead.domain.price_list import PriceList
from fairlead.domain.workspace import WorkspaceSpec
from fairlead.drivers.price_files import Bounds, is_address
from fairlead.drivers.price_store import PriceStore
from fairlead.flows.price_reading import PriceReading, Wanted
from fairlead.kernel.errors import UsageError
from fairlead.kernel.plugins import load_member
from fairlead.plan.list_prices import SHIPPED, shipped_lists
from fairlead.plan.newest_prices import DiscountedPrices, NewestPrices
from fairlead.plan.price_lists.base import GROUP, READERS, ReadList
from fairlead.ports import Clock, ListPrices, Progress, Tree
from fairlead.settings import price_folder

__all__ = [
    "KnownList",
    "KnownLists",
    "PriceImport",
    "Wanted",
    "current_prices",
    "import_list",
    "known_lists",
    "stale_prices",
]


@dataclass(frozen=True, slots=True)
class PriceImport:
    """What became of a list. `stored` None: nothing was kept. `left` counts rows that are none of ours, by why."""

    source: str
    stored: PriceList | None
    refused: int
    left: Mapping[str, int]
    findings: tuple[Finding, ...]
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class KnownList:
    """A list that prices are looked up in. `days` old; `shipped` came with the product."""

    list: PriceList
    days: int
    shipped: bool


@dataclass(frozen=True, slots=True)
class KnownLists:
    """All lists, the newest of each provider first, and those that are too old."""

    lists: tuple[KnownList, ...]
    findings: tuple[Finding, ...]


def current_prices(book: PriceBook | None, today: date, environ: Mapping[str, str] = os.environ) -> ListPrices:
    """What list prices are today: imported or shipped, whichever is newer, less what the workspace has agreed."""
    return DiscountedPrices(
        NewestPrices([PriceStore(price_folder(environ)), SHIPPED]), book.discounts if book else (), today
    )


def stale_prices(tree: Tree, workspace: WorkspaceSpec | None, today: date) -> Iterator[Finding]:
    """Warnings of the rows of a workspace's own book that were said too long ago."""
    places = FieldPlaces(tree, WORKSPACE_FILE)
    book = workspace.price_book if workspace else None
    return stale_rows(book, WORKSPACE_FILE, lambda location: places.get(location, (1, 1)), today)


def known_lists(today: date, environ: Mapping[str, str] = os.environ) -> KnownLists:
    """The lists that prices are looked up in. Of each provider only the newest one can be too old."""
    stored = [(each, False) for each in PriceStore(price_folder(environ)).lists()]
    every = [*stored, *((each, True) for each in shipped_lists())]
    every.sort(key=lambda each: (each[0].provider, -each[0].as_of.toordinal(), each[1]))
    newest: dict[str, PriceList] = {}
    for each, _ in every:
        newest.setdefault(each.provider, each)
    findings = [found for each in newest.values() for found in stale_list(each, today)]
    lists = (KnownList(each, (today - each.as_of).days, shipped) for each, shipped in every)
    return KnownLists(tuple(lists), tuple(findings))


def import_list(
    wanted: Wanted,
    clock: Clock,
    progress: Progress,
    environ: Mapping[str, str] = os.environ,
    bounds: Bounds | None = None,
) -> PriceImport:
    """Read a list, and keep it under its day, whole or not at all.

    UsageError where nobody says of which day it is, ConflictError where that day has another list already.
    """
    read: ReadList = load_member(GROUP, READERS, wanted.kind)
    today = clock.now().date()
    if wanted.as_of is not None and wanted.as_of > today:
        raise UsageError(
            f"--as-of {wanted.as_of} has not come yet", mend="give the day on which the list was published"
        )
    store = PriceStore(price_folder(environ))
    with store.draft(wanted.kind) as draft:
        reading = PriceReading(wanted, draft, progress)
        with reading.told():
            reading.read(read, bounds or Bounds())
        if not reading.rows and not reading.broken and not reading.refused:
            reading.found(0, "prices/nothing", "there is no price in it", "see that it is a list of this provider")
        findings = tuple(reading.findings)
        if not reading.rows or reading.broken or (reading.refused and not wanted.partial):
            return PriceImport(reading.source, None, reading.refused, dict(reading.left), findings)
        day = wanted.as_of or reading.day or (today if is_address(wanted.place) else None)
        if day is None:
            mend = "name the day on which it was published: --as-of 2026-11-01"
            raise UsageError("the list does not say of which day it is", where=reading.source, mend=mend)
        stored, is_new = draft.keep(min(day, today), wanted.currency, reading.source)
    return PriceImport(reading.source, stored, reading.refused, dict(reading.left), findings, is_new=is_new)
