"""The series around a cost event, drawn: what its kind moves, the change point, and the release that it began with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from fairlead.domain.anomaly import CostEvent, CostKind
from fairlead.domain.release import SHORT
from fairlead.flows.cost import Period
from fairlead.kernel.money import added
from fairlead.kernel.windows import iso
from fairlead.meter.report import CostRow
from fairlead.show.outputs.figures import amount_text
from fairlead.show.web.charts import Line, Mark, line_chart, marks_between
from fairlead.show.web.window_rows import end_of, leading, start_of, windows_of

__all__ = ["EventPicture", "event_picture", "span_around"]

_WIDTH, _HEIGHT = 720, 130
_BEFORE, _AFTER = timedelta(hours=8), timedelta(hours=12)
_AND_THEN = timedelta(hours=1)
_HOUR = timedelta(hours=1)
_PER_UNIT = {
    CostKind.SERVING_CONFIGURATION,
    CostKind.TOKENS_PER_REQUEST,
    CostKind.RETRY_STORM,
    CostKind.PRICE_CHANGE,
}
"""Kinds that make an inference dearer; the others make more to pay for."""


@dataclass(frozen=True, slots=True)
class EventPicture:
    """`line` is in `unit`; `change` and `origin` are places on its axis, None where they lie outside of it."""

    title: str
    unit: str
    line: Line
    start: datetime
    end: datetime
    change: Mark | None
    origin: Mark | None


def span_around(event: CostEvent, now: datetime) -> Period:
    """What is drawn of an event: hours before it, until it is over, and at most half a day of it."""
    ended = event.ended + _AND_THEN if event.ended else now
    return Period(event.began - _BEFORE, min(ended, event.began + _AFTER))


def event_picture(event: CostEvent, rows: Sequence[CostRow]) -> EventPicture | None:
    """The picture from rows by release and window, oldest first; None where too few windows are known."""
    per_unit = event.kind in _PER_UNIT
    currency = event.actual.currency
    unit = f"{currency} per 1,000 inferences" if per_unit else f"{currency} an hour"
    series = []
    for at, window in windows_of(rows):
        value = _per_unit(window) if per_unit else _per_hour(window)
        series.append((at, value, f"{iso(at)}: {'not known' if value is None else f'{amount_text(value)} {unit}'}"))
    line = line_chart(series, (), _WIDTH, _HEIGHT)
    if line is None:
        return None
    start, end = start_of(rows[0]), end_of(rows[-1])
    # The newest window begins before the axis ends; what is marked in it stands at the end.
    last = series[-1][0]
    change = marks_between(start, last, [(min(event.began, last), f"the change began: {iso(event.began)}")], _WIDTH)
    origin = marks_between(start, last, _origin(event), _WIDTH)
    title = "Cost of 1,000 inferences" if per_unit else "Cost an hour"
    return EventPicture(title, unit, line, start, end, _only(change), _only(origin))


def _origin(event: CostEvent) -> list[tuple[datetime, str]]:
    origin = event.origin
    if origin is None:
        return []
    return [(origin.at, f"{origin.release} went live: commit {origin.commit[:SHORT]} by {origin.author}")]


def _only(marks: Sequence[Mark]) -> Mark | None:
    return marks[0] if marks else None


def _per_unit(window: Sequence[CostRow]) -> Decimal | None:
    row = leading(window)
    return row.per_1k if row is not None else None


def _per_hour(window: Sequence[CostRow]) -> Decimal | None:
    """None where a release in it has no price: what is not known is not zero."""
    amounts = [row.amount for row in window]
    known = [amount for amount in amounts if amount is not None]
    if not known or len(known) < len(amounts):
        return None
    length = end_of(window[0]) - start_of(window[0])
    return added(known) * int(_HOUR.total_seconds()) / int(length.total_seconds())
