"""`fairlead backup` and `fairlead restore`: the state in one file, and back."""

from __future__ import annotations

from pathlib import Path

import click

from fairlead.show.cli.actor import claimed_actor
from fairlead.show.cli.options import Where, examples, format_option, world_options
from fairlead.show.outputs.console import Console
from fairlead.show.outputs.figures import bytes_text

__all__ = ["backup", "restore"]


@click.command(epilog=examples("fairlead backup acme-2026-11-23.tar"))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@world_options
@format_option
def backup(where: Where, console: Console, file: Path) -> int:
    """Write the state to one file.

    The control plane may run meanwhile. FILE holds the signing key, so only you can read it.
    """
    from fairlead.drivers.clock import SystemClock
    from fairlead.flows.backup import backup as write_backup

    with console.progress() as progress:
        listed = write_backup(where.settings().state, file.resolve(), SystemClock(), progress)
    size = bytes_text(sum(entry.size for entry in listed.files))
    console.done(listed, f"{file}: {len(listed.files)} files, {size}")
    return 0


@click.command(epilog=examples("fairlead restore acme-2026-11-23.tar"))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@world_options
@format_option
def restore(where: Where, console: Console, file: Path) -> int:
    """Bring the state back from a backup.

    The state folder must be empty, so that nothing is written over.
    """
    from fairlead.drivers.clock import SystemClock
    from fairlead.flows.backup import restore as read_backup

    state = where.settings().state
    listed = read_backup(file, state, SystemClock(), claimed_actor())
    console.done(listed, f"{state}: as of {listed.at}; `fairlead up` goes on from there")
    return 0
