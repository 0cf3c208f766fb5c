"""Numbers and moments as people read them. JSON keeps them exact; None stays None, since unknown is not zero."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from fairlead.kernel.money import Money, plain

__all__ = [
    "amount_text",
    "as_shown",
    "bytes_text",
    "change_text",
    "count_text",
    "cpu_text",
    "latency_text",
    "moment_text",
    "money_text",
    "seconds_text",
    "share_text",
    "span_text",
]

_SIGNIFICANT = 3
_TEN = 10
_MINUTE = 60
_HOUR_MIN = 60
_THOUSAND = 1000
_TWO_DAYS = 2 * 86_400


def money_text(money: Money | None) -> str | None:
    """Two digits after the point from one unit on, three significant digits below: `1,240.50 USD`, `0.00412 USD`."""
    return None if money is None else f"{amount_text(money.amount)} {money.currency}"


def amount_text(amount: Decimal) -> str:
    """The same for an amount whose currency stands elsewhere."""
    shown = as_shown(amount)
    return f"{shown:,}" if abs(amount) >= 1 else plain(shown)


def as_shown(amount: Decimal) -> Decimal:
    """The amount as it is rounded for people."""
    digits = 2 if not amount or abs(amount) >= 1 else _SIGNIFICANT - 1 - amount.adjusted()
    return amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_EVEN)


def bytes_text(size: int) -> str:
    """`512 B`, `1.5 MB`, `10.0 GB`, in powers of ten."""
    amount, unit = float(size), "B"
    for larger in ("kB", "MB", "GB", "TB"):
        if amount < _THOUSAND:
            break
        amount, unit = amount / _THOUSAND, larger
    return f"{size} B" if unit == "B" else f"{amount:.1f} {unit}"


def cpu_text(microseconds: int) -> str | None:
    """Processor time, from microseconds."""
    return seconds_text(microseconds / 1_000_000)


def count_text(count: int | None) -> str | None:
    """`12,345`."""
    return None if count is None else f"{count:,}"


def latency_text(milliseconds: float | None) -> str | None:
    """`3.2 ms`, `240 ms`, `1.5 s`."""
    if milliseconds is None:
        return None
    if milliseconds >= _THOUSAND:
        return f"{milliseconds / _THOUSAND:.1f} s"
    return f"{milliseconds:.{_digits(milliseconds)}f} ms"


def seconds_text(seconds: float | None) -> str | None:
    """`0.8 s`, `12 s`, `3 min 5 s`, `2 h 4 min`."""
    if seconds is None:
        return None
    if seconds < _MINUTE:
        return f"{seconds:.{_digits(seconds)}f} s"
    minutes, rest = divmod(round(seconds), _MINUTE)
    return f"{minutes} min {rest} s" if minutes < _HOUR_MIN else f"{minutes // _HOUR_MIN} h {minutes % _HOUR_MIN} min"


def span_text(seconds: float | None) -> str | None:
    """The same for spans of days: `3.5 d` from two days on."""
    if seconds is None or seconds < _TWO_DAYS:
        return seconds_text(seconds)
    days = seconds / (_TWO_DAYS / 2)
    return f"{days:.{_digits(days)}f} d"


def _digits(number: float) -> int:
    """Digits after the point that people read: one below ten."""
    return 1 if number < _TEN else 0


def share_text(share: Decimal | float | None) -> str | None:
    """A ratio as a percentage: 0.25 is `25.0 %`."""
    return None if share is None else f"{share * 100:,.1f} %"


def change_text(ratio: float | None) -> str | None:
    """A ratio minus one as a change: 0.6 is `+60 %`."""
    return None if ratio is None else f"{ratio * 100:+,.0f} %"


def moment_text(moment: datetime | None) -> str | None:
    """UTC to the second: `2026-11-23 12:00:05Z`."""
    return None if moment is None else f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S}Z"
