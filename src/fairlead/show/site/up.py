"""`fairlead up`: the controller, the page and the API in one process, until a signal ends it.

Ctrl-C drains and stops serving. SIGTERM ends this process alone: what serves goes on, and the next `up` adopts it.
"""

from __future__ import annotations

import os
import secrets
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from fairlead.show.cli.actor import claimed_actor
from fairlead.show.cli.options import Where, examples, world_options

if TYPE_CHECKING:
    from fairlead.drivers.holder import Held
    from fairlead.flows.world import World
    from fairlead.show.site.page_server import PageServer

__all__ = ["up"]

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_NEWS = 0.5
"""Seconds between two looks for decisions that were not told yet."""


@click.command(epilog=examples("fairlead up", "fairlead up --repo https://git.example.com/models.git --branch main"))
@click.option("--address", default="127.0.0.1", show_default=True, help="Address of page and API.")
@click.option("--port", type=click.IntRange(0, 65535), default=8700, show_default=True, help="Its port; 0: a free one.")
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="A name under which people reach the page.")
@click.option("--tls-cert", type=_FILE, metavar="FILE", help="Certificate (PEM), for an address that is not loopback.")
@click.option("--tls-key", type=_FILE, metavar="FILE", help="The certificate's key (PEM).")
@click.option("--behind-proxy", is_flag=True, help="A proxy in front ends TLS.")
@click.option(
    "--hook-secret", type=_FILE, metavar="FILE", help="Secret of the webhook POST /hooks/git; none: no webhook."
)
@world_options
def up(  # noqa: PLR0913 - one per option
    where: Where,
    address: str,
    port: int,
    hosts: tuple[str, ...],
    tls_cert: Path | None,
    tls_key: Path | None,
    *,
    behind_proxy: bool,
    hook_secret: Path | None,
) -> int:
    """Run the control plane over a workspace, and its page.

    Ctrl-C drains and stops serving; SIGTERM leaves it serving, and the next `up` takes it over.
    """
    from fairlead.bootstrap import open_world
    from fairlead.domain.model import SecretRef
    from fairlead.drivers.clock import SystemClock
    from fairlead.drivers.holder import hold
    from fairlead.drivers.logs import start_control_log
    from fairlead.kernel.digests import sha256_hex
    from fairlead.show.api.access import Access, serving_rules
    from fairlead.show.site.application import create_site
    from fairlead.show.site.page_server import PageServer, bind, tls_of, url_of

    tls = tls_of(tls_cert, tls_key)
    serving_rules(address, tls=tls is not None, proxy=behind_proxy)
    settings = where.settings(address=address, port=port)
    with hold(settings.state, SystemClock()) as held, bind(address, port) as listening, open_world(settings) as world:
        start_control_log(settings.state, world.redactor)
        token = _new_token(settings.state)
        hook = SecretRef(from_file=str(hook_secret.resolve())) if hook_secret else None
        access = Access(
            sha256_hex(token.encode()),
            hosts,
            secure=tls is not None or behind_proxy,
            operator=claimed_actor().name,
            hook=hook,
        )
        held.announce(url_of(listening, tls))
        click.echo(f"page: {url_of(listening, tls)}?token={token}", err=True)
        _run(world, PageServer(create_site(world, access), listening, tls), held)
    return 0


def _new_token(state: Path) -> str:
    """A token for page and API, kept where only this user reads it."""
    token = secrets.token_urlsafe(32)
    path = state / "token"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(token)
    return token


def _run(world: World, page: PageServer, held: Held) -> None:
    """Controller and page side by side; the end of either is the end of both.

    BrokenWorldError where the state folder was removed meanwhile.
    """
    from fairlead.kernel.errors import BrokenWorldError
    from fairlead.loop.controller import Controller

    controller, stop = Controller(world), Event()
    with ThreadPoolExecutor(max_workers=3) as threads, _ending(page) as signals:
        try:
            running = threads.submit(controller.run, stop)
            running.add_done_callback(lambda _: page.end())
            threads.submit(_tell_decisions, world, stop)
            threads.submit(_end_without_state, held, stop, page)
            page.serve()
        finally:
            stop.set()
        if not held.holds():
            raise BrokenWorldError(
                "the state folder was removed, so nothing that is decided could be written down",
                where=str(world.settings.state),
                mend="`fairlead up` rebuilds it from Git and takes over what serves",
            ) from running.exception()
        running.result()
    if signal.SIGINT in signals or controller.ended.is_set():
        click.echo("draining; Ctrl-C again leaves what still serves", err=True)
        ended = controller.drain(claimed_actor())
        click.echo(f"{ended} servers ended; nothing serves any more", err=True)
    else:
        click.echo("what serves goes on; `fairlead up` takes it over, `fairlead down` stops it", err=True)


@contextmanager
def _ending(page: PageServer) -> Iterator[list[int]]:
    """While it lasts, Ctrl-C and SIGTERM end the page; answers the signals that came."""
    came: list[int] = []

    def note(number: int, _frame: object) -> None:
        came.append(number)
        # Not through a stream: the signal may have come in the middle of a write to it.
        os.write(sys.stderr.fileno(), b"ending ...\n")
        page.end()

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_without_state(held: Held, stop: Event, page: PageServer) -> None:
    """End the page as soon as the state folder is not the one that is held."""
    while not stop.wait(_NEWS):
        if not held.holds():
            page.end()
            return


def _tell_decisions(world: World, stop: Event) -> None:
    """One line on stderr for each decision from now on."""
    from fairlead.show.outputs.decisions import render_decision

    newest = world.state.newest(1)
    told = newest[0].sequence if newest else 0
    ended = False
    while not ended:
        ended = stop.wait(_NEWS)
        for record in world.state.records(after=told):
            click.echo(render_decision(record), err=True)
            told = record.sequence
