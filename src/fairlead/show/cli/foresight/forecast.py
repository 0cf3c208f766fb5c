"""`fairlead forecast`: what files or series will do, with intervals that hold what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fairlead.show.cli.foresight.given import answer_option, column_options, ledger_for, show_charts, tell_notes
from fairlead.show.cli.options import Where, examples, world_options
from fairlead.show.outputs.console import Console, console_for
from fairlead.show.outputs.text import safe

if TYPE_CHECKING:
    from fairlead.flows.foresight.forecast import Foreseen

__all__ = ["forecast"]

_MOST_AHEAD = 10_000
"""Steps ahead that are answered."""

_WHOLE = 100
_MOST_SEASON = 1_000_000


class _Levels(click.ParamType[tuple[float, ...]]):
    name = "levels"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        if isinstance(value, tuple):
            return value
        try:
            levels = sorted({float(part) for part in value.split(",")})
        except ValueError:
            levels = [0.0]
        if not all(0 < level < _WHOLE for level in levels):
            self.fail(f"{value!r} are no levels: write percentages above 0 and below 100, as in 80,95", param, ctx)
        return tuple(levels)


class _Seasons(click.ParamType[tuple[int, ...]]):
    name = "seasons"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        if isinstance(value, tuple):
            return value
        try:
            seasons = sorted({int(part) for part in value.split(",")})
        except ValueError:
            seasons = [0]
        if not all(1 < season <= _MOST_SEASON for season in seasons):
            self.fail(f"{value!r} are no seasons: write auto, or steps, as in 24,168", param, ctx)
        return tuple(seasons)


@click.command(
    epilog=examples(
        "fairlead forecast spend.csv --horizon 30",
        "fairlead forecast spend.csv --horizon 30 --format chart",
        "fairlead forecast demand.csv --horizon 48 --level 80,95 --season 24,168 --format csv",
        "fairlead forecast 'cost[model=churn]' --horizon 288",
    )
)
@click.argument("arguments", metavar="FILE|SERIES...", nargs=-1, required=True)
@click.option(
    "--horizon", type=click.IntRange(1, _MOST_AHEAD), required=True, metavar="STEPS", help="Steps to look ahead."
)
@click.option(
    "--level", "levels", type=_Levels(), default="80,95", show_default=True, metavar="PERCENT,...", help="Intervals."
)
@click.option(
    "--season", default="auto", show_default=True, metavar="auto|STEPS,...", help="Periods that the series repeat in."
)
@click.option(
    "--future",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What is known beforehand, as prices and launches: a CSV with time and a column for each.",
)
@click.option(
    "--also",
    type=click.Choice(["auto-ets", "lightgbm"]),
    multiple=True,
    help="Try this forecaster too; slow, and needs the extra `forecasters`.",
)
@column_options
@world_options
@answer_option()
def forecast(
    where: Where,
    arguments: tuple[str, ...],
    chosen: Mapping[str, str],
    horizon: int,
    levels: tuple[float, ...],
    season: str,
    future: Path | None,
    *,
    also: tuple[str, ...],
    form: str,
) -> int:
    """Show what series will do, with intervals."""
    from fairlead.flows.foresight.forecast import Asked, foresee
    from fairlead.flows.foresight.future import read_future
    from fairlead.flows.foresight.reading import joined, read_argument, repeated_names

    seasons = None if season == "auto" else _Seasons().convert(season, None, click.get_current_context())
    console = console_for(form)
    with ledger_for(where, arguments) as ledger, console.progress() as progress:
        readings = [read_argument(argument, progress, chosen=chosen, source=ledger) for argument in arguments]
        known = read_future(future, progress) if future else None
        found = foresee(joined(readings), Asked(horizon, levels, seasons, known, also), progress)
    read = [note for each in (*readings, *([known] if known else ())) for note in each.notes]
    notes = [*read, *repeated_names(readings), *found.notes]
    _show(console, form, found, notes)
    tell_notes(console, notes)
    return 0


def _show(console: Console, form: str, found: Foreseen, notes: list[Any]) -> None:
    from fairlead.foresee.rows import forecast_columns
    from fairlead.show.outputs.foresight_charts import MOST_CHARTS, fan_chart
    from fairlead.show.outputs.foresight_rows import write_csv, write_json
    from fairlead.show.outputs.foresight_views import forecast_view
    from fairlead.show.outputs.foresight_words import forecast_sentence

    columns = forecast_columns(found.asked.levels)
    if form == "csv":
        write_csv(console.out, columns, _rows(found))
    elif form == "json":
        write_json(console.out, columns, _rows(found), lambda: {**_rest(found), "notes": notes})
    elif form == "chart":
        show_charts(console, [fan_chart(each) for each in found.series[:MOST_CHARTS]], len(found.series[MOST_CHARTS:]))
        console.show(forecast_sentence(found), lambda sentence: [safe(sentence)])
    else:
        console.show(found, forecast_view)


def _rows(found: Foreseen) -> Iterator[tuple[str, ...]]:
    from fairlead.foresee.rows import forecast_rows

    for each in found.series:
        yield from forecast_rows(each.name, each.times, each.mean, each.bounds)


def _rest(found: Foreseen) -> dict[str, Any]:
    from fairlead.show.outputs.foresight_words import forecast_sentence

    series = [
        {"series": each.name, "forecaster": each.forecaster, "seasons": each.seasons, "backtest_errors": each.errors}
        for each in found.series
    ]
    asked = found.asked
    return {"horizon": asked.horizon, "levels": asked.levels, "series": series, "summary": forecast_sentence(found)}
