"""`fairlead status`: the fleet, and what needs a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

import click

from fairlead.domain.incident import Incident
from fairlead.flows.fleet import Fleet, FleetRow, Health
from fairlead.show.cli.actor import claimed_actor
from fairlead.show.cli.options import DURATION, Where, examples, format_option, world_options
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.figures import latency_text, moment_text, money_text
from fairlead.show.outputs.findings import VERDICT_TONES
from fairlead.show.outputs.table import Cell, Column, Table
from fairlead.show.outputs.text import safe

__all__ = ["fleet_view", "status"]

_HEALTH_TONES = {
    Health.HEALTHY: "good",
    Health.STARTING: "warn",
    Health.DEGRADED: "warn",
    Health.DOWN: "bad",
    Health.STOPPED: "dim",
    Health.PENDING: "dim",
}

_COLUMNS = (
    Column("model"),
    Column("environment"),
    Column("release", priority=1),
    Column("owner", priority=7),
    Column("approved by", priority=2),
    Column("health"),
    Column("ready", right=True, priority=5),
    Column("p99", right=True, priority=6),
    Column("per 1k", right=True, priority=4),
    Column("month", right=True, priority=3),
    Column("verdict"),
)


@click.command(epilog=examples("fairlead status --environment prod", "fairlead status --wait --timeout 5m"))
@click.option("--environment", default="", metavar="NAME", help="Only this environment.")
@click.option("--owner", default="", metavar="NAME", help="Only what this owner answers for.")
@click.option("--wait", is_flag=True, help="Wait until Git is live; exit 1 where it is not in time.")
@click.option("--timeout", type=DURATION, default="5m", show_default=True, help="Longest time to wait.")
@world_options
@format_option
def status(where: Where, console: Console, environment: str, owner: str, wait: bool, timeout: timedelta) -> int:
    """Show what runs, how well, and what it costs."""
    from fairlead.flows.fleet import fleet
    from fairlead.flows.names import require_names
    from fairlead.flows.sync import wait_synced

    with where.world() as world:
        require_names(world, environment=environment)
        report = wait_synced(world, timeout, claimed_actor()) if wait else None
        console.show(fleet(world, environment=environment, owner=owner), fleet_view)
    if report is None or report.synced:
        return 0
    late = [f"on its way: {', '.join(report.waiting_for)}"] if report.waiting_for else []
    held = [f"held back: {', '.join(each.strip('/') for each in report.held)}"] if report.held else []
    console.note(f"Git is not live; {'; '.join([*late, *held])}")
    return 1


def fleet_view(fleet: Fleet) -> Iterator[Block]:
    """What is followed, the rows, and what needs a person."""
    yield _followed(fleet)
    yield Table(
        _COLUMNS, [_row(row) for row in fleet.rows], empty="No model is declared. Add one: fairlead init --help"
    )
    if fleet.attention:
        yield "\n".join(["Needs a person:", *_attention(fleet.attention)])


def _followed(fleet: Fleet) -> str:
    fresh = fleet.freshness
    head = fleet.head
    at = f"{head.id[:12]} '{safe(head.subject)}' by {safe(head.author)}" if head else "no commit yet"
    live = "Git is live" if fleet.synced else "Git is not live"
    control = f"control plane {fresh.control}" + (f" ({safe(fresh.holder)})" if fresh.holder else "")
    metered = f"metered until {moment_text(fresh.metered)}" if fresh.metered else "nothing metered yet"
    fetched = f"fetched {moment_text(fresh.fetched)}" if fresh.fetched else "never fetched"
    return f"{safe(fleet.workspace)}, {safe(fleet.branch)} at {at}\n{live}; {control}; {fetched}; {metered}"


def _row(row: FleetRow) -> list[Cell | str | None]:
    return [
        row.model,
        row.environment,
        row.release,
        row.owner,
        ", ".join(name.partition(" <")[0] for name in row.approved_by),
        _health(row),
        _ready(row),
        latency_text(row.p99_ms),
        money_text(row.per_1k),
        money_text(row.month),
        Cell(row.verdict.value, VERDICT_TONES[row.verdict]),
    ]


def _ready(row: FleetRow) -> str:
    """Servers that answer, of those that are to run; behind them the bounds of a scaler, and what it would order."""
    servers, scaling = f"{row.ready}/{row.replicas}", row.scaling
    if scaling is None:
        return servers
    return f"{servers} in {scaling.least}-{scaling.most}" if scaling.runs is not None else f"{servers}, {scaling.text}"


def _health(row: FleetRow) -> Cell:
    """How it is; and where it is held back, that what Git declares may be something else."""
    if row.suspended_until:
        return Cell(f"{row.health.value}, suspended", "warn")
    return Cell(row.health.value, _HEALTH_TONES[row.health])


def _attention(incidents: Iterable[Incident]) -> Iterator[str]:
    for incident in incidents:
        place = "/".join(part for part in (incident.environment, incident.model) if part) or "the workspace"
        yield f"  {safe(place)}: {safe(incident.message)} ({incident.kind}, since {moment_text(incident.opened)})"
        if incident.mend:
            yield f"      mend: {safe(incident.mend)}"
