"""`fairlead policy status`: the rules as the control plane's gate stands by them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from fairlead.show.cli.options import Where, examples, format_option, world_options
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.findings import render_findings
from fairlead.show.outputs.table import Cell, Column, Table

if TYPE_CHECKING:
    from fairlead.flows.policy_view import HeldRelease, PolicyView

__all__ = ["policy_status", "status_view"]

_HELD = (
    Column("model"),
    Column("environment"),
    Column("owner", priority=2),
    Column("rule", wrap=24),
    Column("since", priority=1),
    Column("mend", priority=3, wrap=30),
)
_WAIVERS = (
    Column("rule", wrap=24),
    Column("state"),
    Column("expires"),
    Column("days", right=True),
    Column("approved by", priority=1),
    Column("file", priority=2),
)
_RULES = (
    Column("rule", wrap=24),
    Column("enforcement"),
    Column("severity", priority=1),
    Column("environments", priority=2),
    Column("found", right=True),
    Column("waived", right=True, priority=3),
)
_TONES = {"deny": "bad", "warn": "warn", "audit": "dim"}
_STATES = {"holds": "good", "expired": "dim"}


@click.command("status", epilog=examples("fairlead policy status", "fairlead policy status --format json"))
@world_options
@format_option
def policy_status(where: Where, console: Console) -> int:
    """Show which rules the gate stands by, what runs in violation of them, waivers by their end, and who is waited for.

    It is what the control plane judged last; `fairlead check --running` judges again.
    """
    from fairlead.flows.policy_view import policy_view

    with where.world() as world:
        found = policy_view(world)
    console.show(found, lambda shown: status_view(shown, colour=console.colour))
    console.note(_summary(found))
    return 1 if found.refused or found.violations else 0


def status_view(found: PolicyView, *, colour: bool) -> Iterator[Block]:
    """What was refused first, then what needs a person, then all rules."""
    if found.commit is not None:
        yield f"Rules stand at {found.commit.id[:12]} '{found.commit.subject}' by {found.commit.author}"
    wrong = (*found.refused, *found.troubles)
    if wrong:
        yield render_findings(wrong, colour=colour)
    if found.violations:
        yield Table(_HELD, _held(found.violations), title="Running, and in violation")
    if found.waiting:
        yield Table(_HELD, _held(found.waiting), title="Waiting for people")
    if found.waivers:
        rows: list[list[Cell | str | None]] = [
            [each.rule, Cell(each.state.value, _STATES.get(each.state.value, "warn")), each.expires.isoformat(),
             str(each.days_left), each.approved_by, each.path]
            for each in found.waivers
        ]  # fmt: skip
        yield Table(_WAIVERS, rows, title="Waivers")
    empty = (
        "No rule holds." if found.judged else "Nothing was judged yet: `fairlead up` judges when it follows a commit."
    )
    rules: list[list[Cell | str | None]] = [
        [each.id, Cell(each.enforcement.value, _TONES[each.enforcement.value]), each.severity.value,
         ", ".join(each.environments) or "all", str(each.found), str(each.waived)]
        for each in found.rules
    ]  # fmt: skip
    yield Table(_RULES, rules, title="Rules", empty=empty)


def _held(held: Iterable[HeldRelease]) -> list[list[Cell | str | None]]:
    return [
        [each.model, each.environment, each.owner, each.rule, f"{each.since:%Y-%m-%d %H:%M}" if each.since else None,
         each.mend]
        for each in held
    ]  # fmt: skip


def _summary(found: PolicyView) -> str:
    parts = [
        f"{len(found.rules)} rules",
        f"{found.violating} in violation",
        f"{len(found.waivers)} waivers",
        f"{len(found.waiting)} waiting",
    ]
    return ", ".join(parts) + (f"; {len(found.refused)} weakenings refused" if found.refused else "")
