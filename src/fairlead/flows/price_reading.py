"""One price list on its way from its file or its pages into a draft: what was read, left and refused so far."""

from __future__ import annotations

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from fairlead.domain.finding import Finding, Severity
from fairlead.domain.price_list import ListPrice
from fairlead.drivers.price_files import Bounds, is_address, open_price_list, source_name
from fairlead.drivers.price_store import PriceDraft
from fairlead.kernel.errors import BrokenWorldError
from fairlead.kernel.money import plain
from fairlead.plan.price_lists.base import Left, Line, NextPage, Problem, Published, ReadList, UnreadableListError
from fairlead.ports import Progress

__all__ = ["PriceReading", "Wanted"]

_MOST_FOUND = 1_000
"""Findings of one import that are kept; the rest would only repeat them, and are counted."""

_MOST_PAGES = 20_000
_STEP = 5_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be imported: the reader's name, where the list is, and what the list does not say itself.

    `partial`: keep the rows that can be read although others cannot.
    """

    kind: str
    place: str
    as_of: date | None = None
    currency: str = "USD"
    partial: bool = False


class PriceReading:
    """One import on its way: what was read, left and refused so far."""

    def __init__(self, wanted: Wanted, draft: PriceDraft, progress: Progress) -> None:
        self.source = source_name(wanted.place)
        self.rows = self.refused = 0
        self.broken = False
        self.day: date | None = None
        self.left: Counter[str] = Counter()
        self.findings: list[Finding] = []
        self._newest: date | None = None
        self._wanted = wanted
        self._draft = draft
        self._progress = progress
        self._row = self._before = 0

    def read(self, reader: ReadList, bounds: Bounds) -> None:
        """All pages, each while it comes."""
        place, seen = self._wanted.place, set[str]()
        while place:
            seen.add(place)
            following = ""
            with open_price_list(place, bounds) as opened:
                for item in reader(opened.head, opened.text):
                    if isinstance(item, NextPage):
                        following = self._following(place, item)
                    else:
                        self._take(item)
            self._before += self._row
            if following in seen or len(seen) > _MOST_PAGES:
                raise BrokenWorldError(
                    "its pages have no end", where=self.source, mend="download it, and name the file"
                )
            place = following
        self.day = self.day or self._newest

    @contextmanager
    def told(self) -> Iterator[None]:
        """What keeps the rest of a list from being read is a finding too, and then nothing of it is kept."""
        try:
            yield
        except UnreadableListError as error:
            self._end(error.row, error.reason)
        except UnicodeDecodeError:
            self._end(self._row, "it is no UTF-8 from here on")
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            self._end(self._row, f"it cannot be unpacked from here on: {error}")

    def found(self, row: int, rule: str, message: str, mend: str, severity: Severity = Severity.ERROR) -> None:
        """Note a finding, as far as there is room."""
        if len(self.findings) < _MOST_FOUND:
            self.findings.append(Finding(self.source, row, 1 if row else 0, rule, message, mend, severity))

    def _end(self, row: int, reason: str) -> None:
        self.broken = True
        self.found(row, "prices/unreadable", reason, "fetch the list again")

    def _take(self, item: Line | Problem | Left | Published) -> None:
        if isinstance(item, Published):
            self.day = item.day
        elif isinstance(item, Left):
            self.left[item.why] += 1
        elif isinstance(item, Problem):
            self._refuse(item.row, item.reason)
        else:
            self._line(item)

    def _refuse(self, row: int, reason: str) -> None:
        self._row = row
        self.refused += 1
        self.found(row, "prices/unreadable-row", reason, "mend the row, or import the rest: --partial")

    def _line(self, line: Line) -> None:
        self._row = line.row
        currency = line.currency or self._wanted.currency
        if currency != self._wanted.currency:
            self._refuse(line.row, f"the price is in {currency[:10]}, and --currency is {self._wanted.currency}")
            return
        day = line.as_of
        if day is not None:
            self._newest = max(day, self._newest or day)
        price = ListPrice(
            line.provider, line.region, line.name, line.price, line.unit, "", day or date.min, currency, line.term
        )
        known = self._draft.add(price, day, self._before + line.row)
        if known is None:
            self.rows += 1
        elif known != line.price:
            first = f"{line.name} in {line.region}: {plain(line.price)}, and {plain(known)} before it"
            mend = "the first one is kept; see which of them is yours"
            self.found(line.row, "prices/second-price", first, mend, Severity.WARNING)
        if (self._before + line.row) % _STEP == 0:
            self._progress(self.rows, 0, "reading prices")

    def _following(self, place: str, page: NextPage) -> str:
        """Where the next page is: at the same host, or nowhere. A file has no next page, and that is said."""
        if not is_address(place):
            message = "the file is one page of several: what stands on the others is not in it"
            self.found(0, "prices/more-pages", message, "import the address instead", Severity.WARNING)
            return ""
        following = _with_token(place, page.token) if page.token else urljoin(place, page.address)
        if _origin(following) != _origin(place):
            raise BrokenWorldError("its next page lies on another host", where=self.source, mend="name that address")
        return following


def _with_token(address: str, token: str) -> str:
    parts = urlsplit(address)
    query = [each for each in parse_qsl(parts.query, keep_blank_values=True) if each[0] != "pageToken"]
    return urlunsplit(parts._replace(query=urlencode([*query, ("pageToken", token)])))


def _origin(address: str) -> tuple[str, str | None, int]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
