"""`fairlead scale`: capacity before the spike. `simulate` replays a trace under a policy and tells what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fairlead.show.cli.foresight.given import answer_option, progress_for, show_charts, tell_notes
from fairlead.show.cli.group import Entry, LazyGroup
from fairlead.show.cli.options import examples
from fairlead.show.outputs.console import Console, console_for
from fairlead.show.outputs.text import safe

if TYPE_CHECKING:
    from fairlead.flows.foresight.scaling import Simulated

__all__ = ["scale", "simulate"]

_PREPARE = "Prepare"

_COMMANDS: Mapping[str, Entry] = {
    "simulate": Entry(
        "fairlead.show.cli.foresight.scale:simulate", "Replay a trace under a policy, and tell what it cost.", _PREPARE
    ),
}


@click.command(cls=LazyGroup, table=_COMMANDS)
def scale() -> None:
    """Find out what capacity a service needs, and when."""


_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    epilog=examples(
        "fairlead scale simulate trace.csv --config sim.yaml",
        "fairlead scale simulate trace.csv --config sim.yaml --oracle",
        "fairlead scale simulate trace.csv --config sim.yaml --format csv > steps.csv",
    )
)
@click.argument("trace", metavar="TRACE.csv", type=_FILE)
@click.option("--config", type=_FILE, required=True, metavar="FILE", help="The service, its SLO and the policy: YAML.")
@click.option(
    "--oracle", is_flag=True, help="Compare with a clairvoyant, who pays the least; takes a minute for a week."
)
@answer_option("csv and json have every step.")
def simulate(trace: Path, config: Path, form: str, *, oracle: bool) -> int:
    """Replay a trace under a policy, and tell what it cost."""
    from fairlead.flows.foresight.scaling import simulate_file

    console = console_for(form)
    with progress_for(console, streams=False) as progress:
        done = simulate_file(trace, config, progress, oracle=oracle, faster=form != "csv")
    _show(console, form, done)
    tell_notes(console, done.notes)
    return 0


def _show(console: Console, form: str, done: Simulated) -> None:
    from fairlead.foresee.rows import SCALING_COLUMNS, scaling_rows
    from fairlead.show.outputs.foresight_charts import replay_chart
    from fairlead.show.outputs.foresight_rows import write_csv, write_json
    from fairlead.show.outputs.foresight_views import scaling_view
    from fairlead.show.outputs.foresight_words import scaling_sentence

    if form == "csv":
        write_csv(console.out, SCALING_COLUMNS, scaling_rows(done.replay, done.form))
    elif form == "json":
        write_json(console.out, SCALING_COLUMNS, scaling_rows(done.replay, done.form), lambda: _rest(done))
    elif form == "chart":
        show_charts(console, [replay_chart(done)], 0)
        console.show(scaling_sentence(done), lambda sentence: [safe(sentence)])
    else:
        console.show(done, scaling_view)


def _rest(done: Simulated) -> dict[str, Any]:
    from fairlead.show.outputs.foresight_words import by_oracle, scaling_sentence

    service = done.config.service
    return {
        "policy": done.config.policy,
        "step_s": service.step_s,
        "counted_from_step": done.counted_from,
        "outcome": done.outcome,
        "oracle": done.oracle,
        "cost_by_oracle": by_oracle(done),
        "faster_start": {"slow": done.faster.slow, "fast": done.faster.fast, "saved": done.faster.saved}
        if done.faster
        else None,
        "summary": scaling_sentence(done),
        "notes": done.notes,
    }
