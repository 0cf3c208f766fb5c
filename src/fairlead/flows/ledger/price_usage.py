"""Price usage: every body of a file, priced by our table and by the user's own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from os import fstat
from pathlib import Path
from typing import Any, BinaryIO

from fairlead.kernel.errors import BrokenWorldError, UsageError
from fairlead.meter.llm.bodies import BrokenBody, bodies
from fairlead.meter.llm.price_table import price_table
from fairlead.meter.llm.pricing import PricedBody, Wanted, priced
from fairlead.ports import Progress

__all__ = ["PriceUsage", "price_usage"]

_MEND = "give one JSON object, an array of them, or one on each line; docs/llm-usage.md shows examples"
_HOPELESS = 100
_OFTEN = 1_000
_LARGEST_TABLE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class PriceUsage:
    """What is to be priced, and how. Empty text or None: nothing was said, see `Wanted`."""

    file: Path
    now: datetime
    prices: Path | None = None
    provider: str = ""
    model: str = ""
    at: datetime | None = None


def price_usage(request: PriceUsage, progress: Progress) -> Iterator[PricedBody]:
    """Each body of the file in order, one at a time.

    Raises UsageError for a file that holds no bodies and for a wrong price table, NotFoundError for a provider that
    nobody knows.
    """
    table = price_table(_table_text(request.prices), str(request.prices or ""))
    if request.provider:
        table.provider(request.provider)
    wanted = Wanted(table, request.now, request.provider, request.model, request.at)
    with _opened(request.file) as stream:
        size = fstat(stream.fileno()).st_size
        for place, body in enumerate(_some(bodies(stream), str(request.file)), start=1):
            broken = isinstance(body, BrokenBody)
            yield PricedBody(place, unknown=body.reason) if broken else priced(body, place, wanted)
            if not place % _OFTEN:
                progress(stream.tell() if size else place, size, "bodies")


def _some(entries: Iterator[Any], name: str) -> Iterator[Any]:
    """The entries; a file whose first ones are all broken is none of bodies."""
    broken: list[BrokenBody] = []
    for entry in entries:
        if not isinstance(entry, BrokenBody):
            return chain(broken, [entry], entries)
        broken.append(entry)
        if len(broken) == _HOPELESS:
            break
    raise UsageError(broken[0].reason if broken else "there is no body in this file", where=name, mend=_MEND)


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        raise UsageError(f"the file cannot be read: {error.strerror}", where=str(file)) from error


def _table_text(prices: Path | None) -> str:
    if prices is None:
        return ""
    try:
        if prices.stat().st_size > _LARGEST_TABLE:
            raise UsageError("this is larger than a price table may be (64 MiB)", where=str(prices))
        return prices.read_text("utf-8-sig")
    except OSError as error:
        raise BrokenWorldError(f"the price table cannot be read: {error.strerror}", where=str(prices)) from error
    except UnicodeDecodeError as error:
        raise UsageError("a price table is UTF-8", where=str(prices)) from error
