"""Series of the ledger: `measure[dimension=value,...]`, by metering window where use says when, else by day."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from fairlead.domain.measures import MEASURES
from fairlead.flows.ledger.charged import charged_lines, counted_use
from fairlead.flows.ledger.timing import timed_lines
from fairlead.flows.world import World
from fairlead.foresee.reading.table import Reading
from fairlead.foresee.series import MICROSECONDS, Series, TimeForm
from fairlead.kernel.errors import UsageError
from fairlead.meter.ledger.expressions import grouped, measured
from fairlead.meter.ledger.question import UNITS, WINDOW, WINDOW_END, CostQuestion, dimensions, restrictions
from fairlead.ports import Progress

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["LedgerSeries", "known_measures"]

COST = "cost"
_FORM = re.compile(r"(?P<measure>[a-z][a-z0-9_]*)(?:\[(?P<only>[^\[\]]*)\])?")
_EACH = "*"
_DAY = timedelta(days=1)

_Values: TypeAlias = dict[tuple[datetime, timedelta], float]
"""By a window's start and length."""

_Group: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Ratio:
    """`numerator` over the sum of `denominators`, times `scale`; without denominators the numerator itself."""

    numerator: str
    denominators: tuple[str, ...] = ()
    scale: int = 1


@dataclass(frozen=True, slots=True)
class _Asked:
    """An argument, read: `only` keeps lines with these values; each value of the dimensions `each` has a series."""

    measure: str
    only: Mapping[str, str]
    each: tuple[str, ...]

    @property
    def ratio(self) -> _Ratio:
        """How the measure is made of what the ledger holds."""
        return _RATIOS.get(self.measure, _Ratio(self.measure))

    def named(self, group: _Group, *, told: bool) -> str:
        """The series of a group, by its own name; with its currency where that is to be `told`."""
        values = {**self.only, **dict(zip(self.each, group, strict=False))}
        narrowed = ",".join(f"{dimension}={value}" for dimension, value in values.items())
        name = f"{self.measure}[{narrowed}]" if narrowed else self.measure
        return f"{name} {group[-1]}" if told else name


_RATIOS: Mapping[str, _Ratio] = {
    **{f"cost_per_{per.value}": _Ratio(COST, measures, scale) for per, (measures, scale) in UNITS.items()},
    "requests_per_inference": _Ratio("requests", ("inferences",)),
    "output_tokens_per_inference": _Ratio("output_tokens", ("inferences",)),
    "input_tokens_per_inference": _Ratio("input_tokens", ("inferences",)),
}


def known_measures() -> tuple[str, ...]:
    """What a series can be of."""
    return (COST, *MEASURES, *_RATIOS)


class LedgerSeries:
    """The ledger of a world as a source of series."""

    def __init__(self, world: World) -> None:
        """Nothing is asked before `read`."""
        self._world = world

    def read(self, argument: str, progress: Progress) -> Reading:
        """The series by that name; a dimension with the value `*` gives one for each of its values.

        UsageError for an unknown measure or dimension, with the known ones, and where nothing was booked.
        """
        asked = _parsed(argument)
        question = CostQuestion(by=(WINDOW, *asked.each), only=asked.only)
        wanted = {asked.ratio.numerator, *asked.ratio.denominators}
        found: dict[str, dict[_Group, _Values]] = {}
        progress(0, 2, "asking the ledger")
        if COST in wanted:
            found[COST] = self._cost(question, asked.each)
        progress(1, 2, "asking the ledger")
        use = tuple(sorted(wanted - {COST}))
        if use:
            found.update(self._use(question, asked.each, use))
        groups = _quotients(found, asked.ratio)
        if not groups:
            known = "import bills with `fairlead ledger import`, or let `fairlead up` meter for some windows"
            raise UsageError("the ledger has nothing of it", where=argument, mend=known)
        return Reading(tuple(_series(asked, groups)), (), asked.measure)

    def _cost(self, question: CostQuestion, each: tuple[str, ...]) -> dict[_Group, _Values]:
        engine = self._world.engine
        lines = timed_lines(self._world, engine, charged_lines(self._world, engine), question, None)
        rows = engine.rows(grouped(lines, question))
        for row in rows:
            row["value"] = float("nan") if row["missing"] else float(row["amount"])
        return _gathered(rows, (*each, "currency"))

    def _use(
        self, question: CostQuestion, each: tuple[str, ...], measures: tuple[str, ...]
    ) -> dict[str, dict[_Group, _Values]]:
        if question.beyond_usage:
            raise UsageError(
                f"use is not told by {', '.join(question.beyond_usage)}", mend="leave it out, or ask for cost"
            )
        engine = self._world.engine
        asked: ir.Table = measured(counted_use(self._world, engine), question, measures)
        rows = engine.rows(asked)
        by_measure: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for row in rows:
            by_measure[row["measure"]].append({**row, "value": float(row["quantity"])})
        return {measure: _gathered(by_measure[measure], each) for measure in measures}


def _parsed(argument: str) -> _Asked:
    found = _FORM.fullmatch(argument.strip())
    if found is None:
        mend = "write a file's path, or measure[dimension=value,...], as cost[model=churn]"
        raise UsageError("there is no such file, and no series is written so", where=argument, mend=mend)
    name = found["measure"]
    if name not in known_measures():
        mend = f"use one of: {', '.join(known_measures())}"
        raise UsageError(f"unknown measure {name!r}, and no such file", where=argument, mend=mend)
    pairs = [pair.strip() for pair in (found["only"] or "").split(",") if pair.strip()]
    each = dimensions([pair.partition("=")[0] for pair in pairs if pair.endswith(f"={_EACH}")])
    only = restrictions(pair for pair in pairs if not pair.endswith(f"={_EACH}"))
    return _Asked(name, only, each)


def _gathered(rows: Iterable[Mapping[str, Any]], keys: tuple[str, ...]) -> dict[_Group, _Values]:
    found: dict[_Group, _Values] = defaultdict(dict)
    for row in rows:
        start: datetime = row[WINDOW]
        found[tuple(str(row[key]) for key in keys)][start, row[WINDOW_END] - start] = row["value"]
    return {group: _even(values) for group, values in found.items()}


def _even(values: _Values) -> _Values:
    """By day where some of it is known by day only: values of unlike spans are no series."""
    if all(length < _DAY for _, length in values):
        return values
    days: _Values = defaultdict(float)
    for (start, _), value in values.items():
        days[start.replace(hour=0, minute=0, second=0, microsecond=0), _DAY] += value
    return days


def _quotients(found: Mapping[str, Mapping[_Group, _Values]], ratio: _Ratio) -> dict[_Group, _Values]:
    """Missing denominators make no number: nothing was asked, so nothing has a price."""
    if not ratio.denominators:
        return dict(found[ratio.numerator])
    answer: dict[_Group, _Values] = {}
    for group, values in found[ratio.numerator].items():
        of_use = group[:-1] if ratio.numerator == COST else group
        parts = [found[name].get(of_use, {}) for name in ratio.denominators]
        below = {span: sum(part.get(span, 0.0) for part in parts) for span in values}
        answer[group] = {span: ratio.scale * value / below[span] for span, value in values.items() if below[span]}
    return {group: values for group, values in answer.items() if values}


def _series(asked: _Asked, groups: Mapping[_Group, _Values]) -> Iterable[Series]:
    """Rows are numbered series after series."""
    first, paid_in = 0, {group[len(asked.each) :] for group in groups}
    for group in sorted(groups):
        values, spans = groups[group], sorted(groups[group])
        moments = [round(start.timestamp()) * MICROSECONDS for start, _ in spans]
        yield Series(
            asked.named(group, told=len(paid_in) > 1),
            np.array(moments, dtype=np.int64),
            np.array([values[span] for span in spans], dtype=np.float64),
            np.arange(first, first + len(spans)),
            TimeForm.ISO_UTC,
        )
        first += len(spans)
