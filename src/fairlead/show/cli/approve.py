"""`fairlead approve`: agree to a release, a waiver or changed rules, with a signature."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fairlead.show.cli.actor import claimed_actor
from fairlead.show.cli.options import DURATION, Where, examples, format_option, workspace_option
from fairlead.show.outputs.console import Block, Console
from fairlead.show.outputs.figures import moment_text
from fairlead.show.outputs.text import safe

if TYPE_CHECKING:
    from fairlead.flows.approve import Approved

__all__ = ["approve"]


@click.command(
    epilog=examples(
        "fairlead approve digits@4f2a9c1b7d3e --environment prod",
        "fairlead approve waiver:waivers/licence.yaml",
        "fairlead approve policies --key ~/.ssh/id_ed25519",
    )
)
@click.argument("release")
@click.option("--environment", default="", metavar="NAME", help="Agree for this environment only.")
@click.option("--commit", default="HEAD", show_default=True, metavar="REV", help="Where it stands as you have read it.")
@click.option("--key", default="", metavar="FILE", help="SSH key to sign with. Default: Git's user.signingkey.")
@click.option("--expires", "span", type=DURATION, help="How long it holds. Default: as long as the rules allow.")
@click.option("--reason", default="", metavar="TEXT", help="Why; it stands in the note.")
@click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder of the state, whose journal tells it. Default: as for `fairlead up`.",
)
@workspace_option
@format_option
def approve(
    where: Where,
    console: Console,
    release: str,
    *,
    environment: str,
    commit: str,
    key: str,
    span: timedelta | None,
    reason: str,
    state: Path | None,
) -> int:
    """Agree to a release, a waiver or changed rules.

    RELEASE is MODEL, MODEL@COMMIT, a release's digest, `waiver:PATH`, `policies` or `commit:REV`. It is signed with
    your SSH key; the note is written to refs/notes/fairlead/approvals and pushed to where the branch is pushed to. It
    is bound to the content: when that changes, somebody has to agree again.
    """
    from fairlead.drivers.clock import SystemClock
    from fairlead.flows.approve import approve as agree
    from fairlead.flows.judging.approver import approving

    place = approving(where.folder(), key, SystemClock())
    made = agree(place, release, commit=commit, environment=environment, span=span, reason=reason)
    _write_down(replace(where, state=state), made, reason)

    def view(made: Approved) -> Iterator[Block]:
        yield f"{safe(made.approver)} approves {safe(made.name)} until {moment_text(made.expires)}: {made.subject}"

    console.show(made, view)
    for line in _notes(made):
        console.note(line)
    return 0 if made.counts else 1


def _write_down(where: Where, made: Approved, reason: str) -> None:
    """The journal is the control plane's: where none has run over this branch, Git alone remembers."""
    from fairlead.drivers.state_engine import SQLITE_FILE
    from fairlead.flows.approve import remember

    if (where.settings().state / SQLITE_FILE).is_file():
        with where.world() as world:
            remember(world.state, made, claimed_actor().name, reason)


def _notes(made: Approved) -> Iterator[str]:
    if not made.counts:
        yield f"it does not count: {made.why}"
    if made.given:
        yield f"approved by {', '.join(made.given)}"
    yield f"{made.missing} more needed" if made.missing else "no more approvals are needed"
    if not made.pushed:
        yield "next: git push REMOTE refs/notes/fairlead/approvals"
