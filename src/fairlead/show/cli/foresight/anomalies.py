"""`fairlead anomalies FILE|SERIES...`: a verdict for each row of files or series, as a stream that can be resumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fairlead.show.cli.foresight.given import (
    answer_option,
    column_options,
    ledger_for,
    progress_for,
    show_charts,
    tell_notes,
)
from fairlead.show.cli.options import Where, examples, world_options
from fairlead.show.outputs.console import Console, console_for
from fairlead.show.outputs.text import safe

if TYPE_CHECKING:
    from fairlead.flows.foresight.anomalies import Judged, Watch
    from fairlead.foresee.reading.table import Reading
    from fairlead.ports import Progress
    from fairlead.show.outputs.terminal_chart import TerminalChart

__all__ = ["judge"]


@click.command(
    epilog=examples(
        "fairlead anomalies judge cpu.csv",
        "fairlead anomalies cpu.csv --format csv > judged.csv",
        "fairlead anomalies today.csv --memory cpu.memory --fail-on-alarm",
        "fairlead anomalies 'cost_per_1k_inferences[model=churn]'",
    )
)
@click.argument("arguments", metavar="FILE|SERIES...", nargs=-1, required=True)
@click.option(
    "--alarms-per-month",
    type=click.FloatRange(min=0),
    metavar="NUMBER",
    help="False alarms that are bearable per series and month. Default: 1.",
)
@click.option(
    "--least-stake",
    type=click.FloatRange(min=0),
    metavar="NUMBER",
    help="A smaller distance from what was expected never alarms; in the series' unit. Default: 0.",
)
@click.option(
    "--memory",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Go on from what was learnt before, and save here what is learnt now.",
)
@click.option("--fail-on-alarm", is_flag=True, help="Exit 1 where any row alarms.")
@column_options
@world_options
@answer_option("csv and json have every row.")
def judge(
    where: Where,
    arguments: tuple[str, ...],
    chosen: Mapping[str, str],
    form: str,
    memory: Path | None,
    *,
    fail_on_alarm: bool,
    **turned: float | None,
) -> int:
    """Show what series did that they should not have done."""
    from fairlead.flows.foresight.anomalies import Watch, load_state, save_state
    from fairlead.flows.foresight.reading import read_argument, repeated_names
    from fairlead.foresee.reading.table import stem_of

    console = console_for(form)
    knobs = {name: value for name, value in turned.items() if value is not None}
    watch = Watch(knobs, load_state(memory) if memory else None)
    streams = form in {"csv", "json"}
    with ledger_for(where, arguments) as ledger, progress_for(console, streams=streams) as progress:
        readings = [read_argument(argument, progress, chosen=chosen, source=ledger) for argument in arguments]
        notes = list(watch.take_over(readings[0], stem_of(Path(arguments[0]))))
        notes += [note for reading in readings for note in (*reading.notes, *watch.already_judged(reading))]
        notes += repeated_names(readings)
        _show(console, form, watch, _judged(watch, readings, progress), notes)
    if memory:
        save_state(watch, memory)
    tell_notes(console, notes)
    return 1 if fail_on_alarm and watch.tally.alarms else 0


def _judged(watch: Watch, readings: Sequence[Reading], progress: Progress) -> Iterator[Judged]:
    for reading in readings:
        yield from watch.judge(reading, progress)


def _show(console: Console, form: str, watch: Watch, judged: Iterator[Judged], notes: Sequence[object]) -> None:
    from fairlead.foresee.rows import ANOMALY_COLUMNS, anomaly_row
    from fairlead.show.outputs.foresight_rows import write_csv, write_json
    from fairlead.show.outputs.foresight_views import anomaly_view
    from fairlead.show.outputs.foresight_words import anomaly_sentence

    def rest() -> dict[str, Any]:
        return {"alarms": len(watch.tally.alarms), "summary": anomaly_sentence(watch.tally), "notes": list(notes)}

    if form == "csv":
        write_csv(console.out, ANOMALY_COLUMNS, (anomaly_row(*row) for row in judged))
    elif form == "json":
        write_json(console.out, ANOMALY_COLUMNS, (anomaly_row(*row) for row in judged), rest)
    elif form == "chart":
        show_charts(console, *_charts(judged))
        console.show(anomaly_sentence(watch.tally), lambda sentence: [safe(sentence)])
    else:
        for _ in judged:
            pass  # the tally keeps what the table shows
        console.show(watch.tally, anomaly_view)


def _charts(judged: Iterator[Judged]) -> tuple[list[TerminalChart], int]:
    """A chart for each of the first series, and how many are left."""
    import numpy as np

    from fairlead.show.outputs.foresight_charts import MOST_CHARTS, alarm_chart

    values: dict[str, list[float]] = {}
    alarms: dict[str, list[int]] = {}
    ends: dict[str, tuple[str, str]] = {}
    for row in judged:
        if row.verdict.alarm:
            alarms.setdefault(row.series, []).append(len(values.get(row.series, ())))
        values.setdefault(row.series, []).append(row.value)
        ends[row.series] = (ends.get(row.series, (row.time, ""))[0], row.time)
    drawn = [
        alarm_chart(name, np.array(values[name]), alarms.get(name, []), ends[name])
        for name in list(values)[:MOST_CHARTS]
    ]
    return drawn, len(values) - len(drawn)
