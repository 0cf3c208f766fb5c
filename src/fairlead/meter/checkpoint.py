"""What the meter must know to go on after its last published window; commits together with that window's records."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from decimal import Decimal

from fairlead.domain.usage import CorePrice
from fairlead.kernel.money import plain
from fairlead.kernel.windows import parse_iso
from fairlead.meter.collectors.access_log import LogPosition
from fairlead.meter.tally import CustomerNames, Tally
from fairlead.meter.unmetered import ServerCounts

__all__ = ["Checkpoint", "PriceMark", "decode", "encode"]


@dataclass(frozen=True, slots=True)
class PriceMark:
    """The price of the newest published window, and since when it holds without a break."""

    since: datetime
    price: CorePrice


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """State between two windows. `next_start` begins the open window, `since` is when metering began.

    `position` is how far the log is booked, `rows` and `upstream` what was already read of the open window, `booked`
    the CPU booked per server, `counts` the requests per server.
    """

    next_start: datetime
    since: datetime
    position: LogPosition = field(default_factory=LogPosition)
    rows: tuple[tuple[str, str, str, str, tuple[int, ...]], ...] = ()
    upstream: tuple[tuple[str, str, int], ...] = ()
    booked: Mapping[str, int] = field(default_factory=dict)
    counts: ServerCounts = field(default_factory=lambda: ServerCounts({}, {}))
    price: PriceMark | None = None

    def tally(self, names: CustomerNames) -> Tally:
        """The open window's tally as far as it was read; its undeclared customers keep their rows."""
        tally = Tally(names)
        for environment, model, release, customer, row in self.rows:
            tally.rows[environment, model, release, customer] = list(row)
            names.row_name(customer)
        tally.upstream = {(gateway, server): lines for gateway, server, lines in self.upstream}
        return tally

    def with_carry(self, carry: Tally) -> Checkpoint:
        """This checkpoint, with what was already read of the window behind it."""
        rows = tuple((*key, tuple(row)) for key, row in carry.rows.items())
        upstream = tuple((*key, lines) for key, lines in carry.upstream.items())
        return replace(self, rows=rows, upstream=upstream)


def encode(checkpoint: Checkpoint) -> dict[str, str]:
    """Text by key, as the lake keeps it."""
    mark = checkpoint.price
    values = {
        "next_start": checkpoint.next_start.isoformat(),
        "since": checkpoint.since.isoformat(),
        "position": asdict(checkpoint.position),
        "rows": checkpoint.rows,
        "upstream": checkpoint.upstream,
        "booked": dict(checkpoint.booked),
        "metered": dict(checkpoint.counts.metered),
        "unmetered": dict(checkpoint.counts.unmetered),
        "price": mark
        and [mark.since.isoformat(), plain(mark.price.per_core_hour), mark.price.currency, mark.price.row],
    }
    return {key: json.dumps(value) for key, value in values.items()}


def decode(values: Mapping[str, str]) -> Checkpoint | None:
    """The checkpoint that `encode` wrote; None for the empty one before the first window."""
    if not values:
        return None
    read = {key: json.loads(value) for key, value in values.items()}
    price = read["price"]
    return Checkpoint(
        next_start=parse_iso(read["next_start"]),
        since=parse_iso(read["since"]),
        position=LogPosition(**read["position"]),
        rows=tuple((*row[:4], tuple(row[4])) for row in read["rows"]),
        upstream=tuple((gateway, server, lines) for gateway, server, lines in read["upstream"]),
        booked=read["booked"],
        counts=ServerCounts(read["metered"], read["unmetered"]),
        price=price and PriceMark(parse_iso(price[0]), CorePrice(Decimal(price[1]), price[2], price[3])),
    )
