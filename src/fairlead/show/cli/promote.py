"""`fairlead promote`: the commit, or the pull request, that moves a release on to the next environment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from fairlead.show.cli.actor import claimed_actor
from fairlead.show.cli.options import Where, examples, format_option, world_options
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.figures import moment_text
from fairlead.show.outputs.findings import render_findings
from fairlead.show.outputs.text import safe

if TYPE_CHECKING:
    from datetime import datetime

    from fairlead.flows.promote import PromotionResult
    from fairlead.flows.promotion_standing import Station

__all__ = ["promote", "promotion_view", "standing_view"]

_KINDS = {
    "refused": "not promoted, this stands between",
    "committed": "committed,",
    "pushed": "pushed,",
    "proposed": "proposed,",
    "branch": "pushed to a branch,",
    "failed": "not promoted",
}


@click.command(
    epilog=examples(
        "fairlead promote digits --to prod --dry-run",
        "fairlead promote digits --to prod",
        'fairlead promote digits --to prod --override --reason "fixes an outage"',
    )
)
@click.argument("model")
@click.option("--to", required=True, metavar="ENVIRONMENT", help="The environment to move on to.")
@click.option("--dry-run", is_flag=True, help="Say what stands between, and write nothing.")
@click.option("--override", is_flag=True, help="Move on although soak or verdict stand between; needs --reason.")
@click.option("--reason", default="", metavar="TEXT", help="Why; it stands in the commit's message and the journal.")
@click.option("--pull-request", is_flag=True, help="Propose it on a branch of its own.")
@world_options
@format_option
def promote(
    where: Where,
    console: Console,
    model: str,
    *,
    to: str,
    dry_run: bool,
    override: bool,
    reason: str,
    pull_request: bool,
) -> int:
    """Move a release on to the next environment, by a commit.

    Nothing is rebuilt: the very release that is live in the environment before is pinned in model.yaml. Exit 1 where
    something stands between.
    """
    from fairlead.flows.names import require_names
    from fairlead.flows.promote import promote as move_on
    from fairlead.flows.promote import station_before

    with where.world() as world:
        require_names(world, models=[model])
        if dry_run:
            world.repository.fetch()
            station = station_before(world, model, to, reviews=True)
            now = world.clock.now()
            console.show(station, lambda found: standing_view(found, now, colour=console.colour))
            return 1 if station.between else 0
        made = move_on(
            world, model, to=to, reason=reason, override=override, pull_request=pull_request, actor=claimed_actor()
        )
    console.show(made, lambda result: promotion_view(result, colour=console.colour))
    if made.explanation:
        console.note(f"next: {made.explanation}" if made.kind == "committed" else made.explanation)
    return 1 if made.kind in {"refused", "failed"} else 0


def standing_view(station: Station, now: datetime, *, colour: bool) -> Iterator[Block]:
    """What stands between an environment and the next one, and what waits behind it."""
    if not station.between:
        yield f"{safe(station.release)} may move on from {safe(station.environment)} to {safe(station.following)}"
    yield render_findings(station.between, colour=colour)
    behind = []
    if station.approvals:
        behind.append(f"  approvals in {safe(station.following)}: {_given(station)}")
    behind.append(f"  promotion window: {_window(station.opens, now)}")
    yield "\n".join(behind)


def _window(opens: datetime | None, now: datetime) -> str:
    """One that is open opens now, whether it is declared or not."""
    if opens is not None and opens <= now:
        return "open"
    return moment_text(opens) or "never open"


def _given(station: Station) -> str:
    if station.given is None:
        return f"{station.approvals} needed"
    people = f" ({safe(', '.join(station.given))})" if station.given else ""
    return f"{len(station.given)} of {station.approvals} given{people}"


def promotion_view(result: PromotionResult, *, colour: bool) -> Iterator[Block]:
    """What became of it, and what stands or stood between."""
    what = f"{safe(result.release or result.model)} from {safe(result.before)} to {safe(result.to)}"
    yield f"{what}: {_KINDS[result.kind]}{_place(result)}"
    yield render_findings(result.findings, colour=colour)


def _place(result: PromotionResult) -> str:
    """The commit, and where it is."""
    if not result.commit:
        return ""
    return f" commit {result.commit[:12]} on {safe(result.pull_request or result.branch)}"
