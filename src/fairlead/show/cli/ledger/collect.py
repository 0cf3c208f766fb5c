"""`fairlead ledger collect`: usage from files, or from a Prometheus server, into the ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairlead.show.cli.options import DURATION, MOMENT, Where, examples, format_option, world_options
from fairlead.show.outputs.collected_tables import collected_view
from fairlead.show.outputs.console import Console

if TYPE_CHECKING:
    from fairlead.domain.model import SecretRef

__all__ = ["collect"]

_URL = ("http://", "https://")


@click.command(
    epilog=examples(
        "fairlead ledger collect usage.csv --source training",
        "fairlead ledger collect http://prometheus:9090 --source cluster --exporter vllm --from 2026-11-01",
    )
)
@click.argument("sources", nargs=-1, required=True, metavar="FILE_OR_URL...")
@click.option("--source", "name", required=True, metavar="NAME", help="What the usage is kept under.")
@click.option("--from", "since", type=MOMENT, metavar="MOMENT", help="Windows that begin from this moment on.")
@click.option("--to", "until", type=MOMENT, metavar="MOMENT", help="Windows that begin before this moment.")
@click.option("--step", type=DURATION, default="5m", show_default=True, help="Prometheus: length of a window.")
@click.option("--exporter", multiple=True, metavar="NAME", help="Prometheus: only this exporter, or query; repeatable.")
@click.option(
    "--label", multiple=True, metavar="COLUMN=LABEL", help="Prometheus: label that tells a column; repeatable."
)
@click.option("--token-env", metavar="NAME", help="Prometheus: environment variable that holds a bearer token.")
@click.option("--token-file", metavar="PATH", help="Prometheus: file that holds a bearer token.")
@world_options
@format_option
def collect(
    where: Where,
    console: Console,
    *,
    sources: tuple[str, ...],
    name: str,
    since: datetime | None,
    until: datetime | None,
    step: timedelta,
    exporter: tuple[str, ...],
    label: tuple[str, ...],
    token_env: str | None,
    token_file: str | None,
) -> int:
    """Bring usage in from files, or from a Prometheus server."""
    from fairlead.flows.ledger.collecting import Span, collect_files
    from fairlead.flows.ledger.prometheus_usage import PrometheusRequest, collect_prometheus

    span = Span(since, until)
    request = PrometheusRequest(sources[0], exporter, label, step, _token(token_env, token_file))
    remote = _is_remote(sources)
    with where.world() as world, console.progress() as progress:
        if remote:
            collected = collect_prometheus(world, name, request, span, progress)
        else:
            collected = collect_files(world, name, [Path(each) for each in sources], span, progress)
    console.show(collected, collected_view)
    return 1 if collected.refused else 0


def _is_remote(sources: tuple[str, ...]) -> bool:
    from fairlead.kernel.errors import UsageError

    remote = [source for source in sources if source.startswith(_URL)]
    if remote and len(sources) > 1:
        raise UsageError("a Prometheus server is collected alone", mend="run the command once for each")
    return bool(remote)


def _token(variable: str | None, path: str | None) -> SecretRef | None:
    from fairlead.domain.model import SecretRef
    from fairlead.kernel.errors import UsageError

    if variable and path:
        raise UsageError("--token-env and --token-file say the same", mend="give one of them")
    return SecretRef(from_env=variable, from_file=path) if variable or path else None
