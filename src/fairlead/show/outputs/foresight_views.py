"""What foresight found for people: tables, charts, and the sentence below them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np

from fairlead.flows.foresight.anomalies import Judged, Tally
from fairlead.flows.foresight.forecast import Foreseen
from fairlead.flows.foresight.scaling import Simulated
from fairlead.foresee.rows import forecast_columns, forecast_rows
from fairlead.show.outputs.console import Block
from fairlead.show.outputs.foresight_words import (
    anomaly_sentence,
    by_oracle,
    forecast_sentence,
    keeps,
    late_text,
    scaling_sentence,
)
from fairlead.show.outputs.table import Cell, Column, Table
from fairlead.show.outputs.text import safe

__all__ = ["MOST_ROWS", "anomaly_view", "forecast_view", "scaling_view"]

MOST_ROWS = 200
"""Rows of a table that people read; programs ask for all."""


def anomaly_view(tally: Tally) -> Iterator[Block]:
    """The alarms, and how many rows there were."""
    shown = tally.alarms
    if len(shown) > MOST_ROWS:
        shown = sorted(shown, key=lambda each: -each.verdict.score)[:MOST_ROWS]
        yield f"The {MOST_ROWS} strongest of {len(tally.alarms):,} alarms; --format csv has every row."
    if shown:
        yield Table(_ALARMS, [_alarm(each) for each in shown], title="Alarms")
    yield safe(anomaly_sentence(tally))


_ALARMS = (
    Column("series", priority=2, wrap=12),
    Column("time"),
    Column("value", right=True),
    Column("expected", right=True),
    Column("usual range", right=True, priority=1),
    Column("score", right=True, priority=1),
)


def _alarm(row: Judged) -> list[Cell | str | None]:
    verdict = row.verdict
    usual = f"{_short(verdict.low)} to {_short(verdict.high)}"
    return [
        row.series,
        row.time,
        Cell(_short(row.value), "bad"),
        _short(verdict.expected),
        usual,
        f"{verdict.score:.2f}",
    ]


def _short(value: float) -> str:
    return f"{value:.5g}"


def forecast_view(found: Foreseen) -> Iterator[Block]:
    """A row per step ahead, and how the forecast was made."""
    titles = forecast_columns(found.asked.levels)
    several = len(found.series) > 1
    columns = tuple(Column(title, right=place > 1, priority=_priority(place)) for place, title in enumerate(titles))
    rows = _forecast_rows(found)
    shown: Sequence[Sequence[Cell | str | None]] = list(islice(rows, MOST_ROWS))
    if shown:
        kept = slice(None) if several else slice(1, None)
        title = "Forecast" if several else f"Forecast of {found.series[0].name}"
        yield Table(columns[kept], [row[kept] for row in shown], title=title)
    more = len(found.series) * found.asked.horizon - len(shown)
    if more > 0:
        yield f"{more:,} more rows with --format csv."
    yield safe(forecast_sentence(found))


_NAMED = 3
"""Columns before the first interval."""


def _priority(place: int) -> int:
    """Of the intervals the first is kept longest."""
    return max(place - _NAMED, 0) // 2 + 1 if place >= _NAMED else 0


def _forecast_rows(found: Foreseen) -> Iterator[Sequence[Cell | str | None]]:
    for each in found.series:
        for name, time, *numbers in forecast_rows(each.name, each.times, each.mean, each.bounds):
            yield [name, time, *(_short(float(cell)) if cell else None for cell in numbers)]


def scaling_view(simulated: Simulated) -> Iterator[Block]:
    """What the counted steps cost, and what they would have cost otherwise."""
    outcome, oracle, faster = simulated.outcome, simulated.oracle, simulated.faster
    rows = [(f"{simulated.policy}, as configured", outcome)]
    if oracle is not None:
        rows.append(("oracle: knows the whole trace", oracle))
    if faster is not None:
        rows += [("predictive, 4 min to ready", faster.slow), ("predictive, 1 min to ready", faster.fast)]
    cells: list[list[Cell | str | None]] = []
    for name, each in rows:
        late = Cell(late_text(each), "" if keeps(each, simulated.config.service.slo) else "bad")
        cells.append([name, f"{each.replica_seconds / 3600:,.1f}", f"{each.mean_replicas:.2f}", late])
    if by_oracle(simulated) is not None and oracle is not None:
        for row, (_, each) in zip(cells, rows, strict=True):
            row.append(f"{each.replica_seconds / oracle.replica_seconds:.3f}")
    columns = _OUTCOMES if by_oracle(simulated) is not None else _OUTCOMES[:-1]
    counted = len(simulated.replay.demand) - simulated.counted_from
    peak = float(np.max(simulated.replay.demand[simulated.counted_from :])) / simulated.config.service.step_s
    title = f"{counted:,} steps of {simulated.config.service.step_s:g} s counted; at most {peak:,.4g} requests/s"
    yield Table(columns, cells, title=title)
    yield safe(scaling_sentence(simulated))


_OUTCOMES = (
    Column("policy", wrap=26),
    Column("replica-hours", right=True),
    Column("mean replicas", right=True, priority=1),
    Column("late", right=True),
    Column("by oracle", right=True),
)
