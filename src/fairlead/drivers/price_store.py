"""Imported price lists: one file for each list and day, written whole or not at all, and never changed again."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from fairlead.domain.price_list import HOUR, ListPrice, PriceList, most_alike
from fairlead.kernel.errors import BrokenWorldError, ConflictError
from fairlead.kernel.money import plain

__all__ = ["PriceDraft", "PriceStore"]

_SCHEMA = """
CREATE TABLE list (provider TEXT, as_of TEXT, currency TEXT, source TEXT, digest TEXT, rows INTEGER, oldest TEXT);
CREATE TABLE price (
    provider TEXT, region TEXT, name TEXT, term TEXT, unit TEXT, price TEXT, as_of TEXT, line INTEGER,
    region_key TEXT, name_key TEXT,
    PRIMARY KEY (provider, name_key, region_key, term, unit)
) WITHOUT ROWID;
"""
_ADD = "INSERT OR IGNORE INTO price VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_KNOWN = "SELECT price FROM price WHERE provider = ? AND name_key = ? AND region_key = ? AND term = ? AND unit = ?"
_ALL = "SELECT provider, region_key, name_key, term, unit, price, as_of FROM price"
_OF_NAME = """
SELECT region, name, unit, price, as_of, line FROM price WHERE provider = ? AND name_key = ? AND term = 'on-demand'
"""
_DRAFT = ".draft-"


class PriceStore:
    """The lists in a folder, and the prices in those of one currency: a `ListPrices`."""

    def __init__(self, folder: Path, currency: str = "USD") -> None:
        """Nothing is opened yet; a folder that is not there has no lists."""
        self._folder = folder
        self._currency = currency
        self._lists: tuple[tuple[Path, PriceList], ...] | None = None

    def lists(self) -> tuple[PriceList, ...]:
        """All lists, the newest first."""
        return tuple(each for _, each in self._known())

    def instance(self, provider: str, region: str, name: str) -> ListPrice | None:
        """The newest price of an instance's hour in exactly that region, or None."""
        found = (each for each in self._prices(provider, name) if each.unit == HOUR)
        return _newest(each for each in found if each.region.lower() == region.lower())

    def nearest(self, provider: str, region: str, name: str) -> ListPrice | None:
        """The same instance type in the region with the name most alike."""
        return most_alike(region, (each for each in self._prices(provider, name) if each.unit == HOUR))

    def service(self, provider: str, region: str, name: str) -> ListPrice | None:
        """The newest price of one unit of a service in exactly that region, or None."""
        return _newest(each for each in self._prices(provider, name) if each.region.lower() == region.lower())

    @contextmanager
    def draft(self, list_name: str) -> Iterator[PriceDraft]:
        """A list that is being written, under a name of its own: what is not kept leaves nothing behind."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in self._folder.glob(f"{_DRAFT}*"):
            # One whose process is gone was interrupted: nobody will finish it.
            if not Path("/proc", left.name.removeprefix(_DRAFT).split("-")[0]).exists():
                left.unlink(missing_ok=True)
        made = self._folder / f"{_DRAFT}{os.getpid()}-{uuid4().hex}"
        try:
            with _told(made), closing(sqlite3.connect(made, isolation_level=None)) as database:
                # Nobody reads it before it is whole, and then it is made durable at once.
                database.executescript(f"PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; {_SCHEMA} BEGIN;")
                yield PriceDraft(self._folder, list_name, made, database)
        finally:
            made.unlink(missing_ok=True)
        self._lists = None

    def _known(self) -> tuple[tuple[Path, PriceList], ...]:
        if self._lists is None:
            found = [(path, _about(path)) for path in sorted(self._folder.glob("*.sqlite"))]
            self._lists = tuple(sorted(found, key=lambda each: each[1].as_of, reverse=True))
        return self._lists

    def _prices(self, provider: str, name: str) -> Iterator[ListPrice]:
        for path, about in self._known():
            if about.currency != self._currency:
                continue
            with _told(path), closing(_opened(path)) as database:
                rows = database.execute(_OF_NAME, (provider, name.lower())).fetchall()
            for place, own_name, unit, price, day, line in rows:
                source = f"{about.source}, row {line}"
                yield ListPrice(
                    provider, place, own_name, Decimal(price), unit, source, date.fromisoformat(day), about.currency
                )


class PriceDraft:
    """Prices on their way into a list."""

    def __init__(self, folder: Path, list_name: str, made: Path, database: sqlite3.Connection) -> None:
        self._folder = folder
        self._name = list_name
        self._made = made
        self._database = database

    def add(self, price: ListPrice, as_of: date | None, line: int) -> Decimal | None:
        """Add a price; where the list has one for the same already, that one, and nothing is added.

        `as_of` None: as the list, whose day may not be known yet.
        """
        key = (price.name.lower(), price.region.lower(), price.term.value, price.unit)
        day = as_of.isoformat() if as_of else ""
        about = (price.provider, price.region, price.name, price.term.value, price.unit, plain(price.price))
        with _told(self._made):
            added = self._database.execute(_ADD, (*about, day, line, key[1], key[0])).rowcount
            known = None if added else self._database.execute(_KNOWN, (price.provider, *key)).fetchone()
        return Decimal(known[0]) if known else None

    def keep(self, as_of: date, currency: str, source: str) -> tuple[PriceList, bool]:
        """Make it the list of that day; answers it, and whether it is new.

        The same prices again change nothing. ConflictError for others on a day that has a list: it stays as it is.
        """
        target = self._folder / f"{self._name}-{as_of.isoformat()}.sqlite"
        with _told(self._made):
            self._database.execute("UPDATE price SET as_of = ? WHERE as_of = ''", (as_of.isoformat(),))
            rows, oldest = self._database.execute("SELECT count(*), min(as_of) FROM price").fetchone()
            digest = self._digest(currency)
            about = PriceList(self._name, as_of, currency, source, digest, rows, date.fromisoformat(oldest))
            values = (self._name, as_of.isoformat(), currency, source, digest, rows, oldest)
            self._database.execute("INSERT INTO list VALUES (?, ?, ?, ?, ?, ?, ?)", values)
            self._database.execute("COMMIT")
            self._database.close()
        _make_durable(self._made)
        try:
            os.link(self._made, target)
        except FileExistsError:
            return self._same(target, about), False
        _make_durable(self._folder)
        return about, True

    def _digest(self, currency: str) -> str:
        state = hashlib.sha256(currency.encode())
        order = " ORDER BY provider, name_key, region_key, term, unit"
        for row in self._database.execute(_ALL + order):
            state.update("\0".join(("", *row, "\n")).encode())
        return state.hexdigest()

    def _same(self, target: Path, new: PriceList) -> PriceList:
        known = _about(target)
        if known.digest != new.digest:
            what = f"there is another list of {self._name} for {new.as_of}, and lists never change"
            mend = f"give this one its own day, --as-of, or remove {target} if nothing was planned by it"
            raise ConflictError(what, where=new.source, mend=mend)
        return known


def _newest(found: Iterator[ListPrice]) -> ListPrice | None:
    return max(found, key=lambda each: each.as_of, default=None)


def _about(path: Path) -> PriceList:
    with _told(path), closing(_opened(path)) as database:
        row = database.execute("SELECT * FROM list").fetchone()
    if row is None:
        raise _broken(path, "it says nothing of itself")
    provider, as_of, currency, source, digest, rows, oldest = row
    days = (date.fromisoformat(each) for each in (as_of, oldest))
    return PriceList(provider, next(days), currency, source, digest, rows, next(days))


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise _broken(path, str(error)) from error


def _broken(path: Path, why: str) -> BrokenWorldError:
    mend = "see that the disk has room; a list that is damaged can be removed and imported again"
    return BrokenWorldError(f"a price list cannot be read or written: {why}", where=str(path), mend=mend)


def _make_durable(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
