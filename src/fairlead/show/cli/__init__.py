"""The command line: `fairlead`. It imports click alone until a command is chosen."""

from __future__ import annotations

import click

from fairlead import __version__
from fairlead.show.cli.group import LazyGroup
from fairlead.show.cli.table import COMMANDS

__all__ = ["main"]


@click.command(
    cls=LazyGroup,
    table=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Every command explains itself: fairlead COMMAND --help. Begin with: fairlead init",
)
@click.version_option(__version__, prog_name="fairlead")
def main() -> None:
    """One control plane for the life of AI models: every commit has a price, a verdict and an owner."""
