"""`fairlead demo`: the options of the guided tour."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from fairlead.show.cli.options import examples

__all__ = ["demo"]

_NEEDED = {
    "sklearn": "demo",
    "skl2onnx": "demo",
    "onnxruntime": "local",
    "numpy": "local",
    "envoy": "local",
    "ibis": "finops",
    "deltalake": "finops",
}
"""Packages that the tour runs on, and the extra that brings each."""

_CHAPTERS = 12


@click.command(epilog=examples("fairlead demo", "fairlead demo --pause", "fairlead demo --chapter 4 --exit"))
@click.option("--chapter", type=click.IntRange(1, _CHAPTERS), metavar="N", help=f"Only this one, 1 to {_CHAPTERS}.")
@click.option("--pause", is_flag=True, help="Wait for Enter after each chapter.")
@click.option("--exit", "ends", is_flag=True, help="End after the story; else the page stays open until Ctrl-C.")
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="An empty folder for everything, which is kept. Default: one that is removed at the end.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the page. Default: a free one.")
def demo(chapter: int | None, pause: bool, ends: bool, folder: Path | None, port: int) -> int:
    """Show what fairlead does, in twelve short chapters.

    It makes a Git workspace, trains two small models, serves them to three customers and asks twelve questions of
    them, in a few minutes, with the commands that you would type.
    """
    from fairlead.kernel.errors import BrokenWorldError

    missing = sorted({extra for package, extra in _NEEDED.items() if find_spec(package) is None})
    if missing:
        mend = f"pip install 'fairlead[{','.join(sorted(set(_NEEDED.values())))}]'"
        raise BrokenWorldError(f"the tour needs what the extra {' and '.join(missing)} installs", mend=mend)
    from fairlead.show.cli.demo.story import Choice, tell_story
    from fairlead.show.cli.demo.telling import teller

    try:
        tell_story(Choice(chapter or 0, ends, folder, port), teller(pauses=pause))
    except KeyboardInterrupt:
        click.echo("Ended. Now yours: `fairlead init`")
        return 0 if not ends else 130
    return 0
