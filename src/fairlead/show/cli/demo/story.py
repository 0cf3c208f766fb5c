"""The frame of the story: what must stand before the first chapter, the chapters in order, and the end of it all."""

from __future__ import annotations

import re
import shutil
import signal
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from fairlead.kernel.errors import ConflictError
from fairlead.show.cli.demo.chapters import (
    books_close,
    closes,
    dearer,
    gated,
    goes_live,
    overspent,
    promoted,
    refused,
    stopped,
    trusted,
    what_runs,
    who_pays,
)
from fairlead.show.cli.demo.ground import Ground, wait_until
from fairlead.show.cli.demo.telling import Teller
from fairlead.show.cli.demo.tour import LINEAR, Tour
from fairlead.show.cli.demo.workspace import make_workspace

__all__ = ["CHAPTERS", "Chapter", "Choice", "tell_story"]

_START = 60.0
_LOAD_SECONDS = 1200
_LOAD_REQUESTS = 400_000
_PAGE = re.compile(r"^page: (\S+)", re.MULTILINE)
_DRAIN = 60.0


@dataclass(frozen=True, slots=True)
class Chapter:
    """A question of the story; `needs` are the chapters (counted from 1) that must have happened before."""

    question: str
    tell: Callable[[Tour], None]
    needs: tuple[int, ...] = ()


CHAPTERS = (
    Chapter(what_runs.QUESTION, what_runs.tell),
    Chapter(goes_live.QUESTION, goes_live.tell),
    Chapter(refused.QUESTION, refused.tell),
    Chapter(gated.QUESTION, gated.tell, needs=(1,)),
    Chapter(dearer.QUESTION, dearer.tell, needs=(1, 2)),
    Chapter(overspent.QUESTION, overspent.tell, needs=(1, 2)),
    Chapter(stopped.QUESTION, stopped.tell),
    Chapter(promoted.QUESTION, promoted.tell),
    Chapter(who_pays.QUESTION, who_pays.tell, needs=(1,)),
    Chapter(closes.QUESTION, closes.tell, needs=(1,)),
    Chapter(books_close.QUESTION, books_close.tell),
    Chapter(trusted.QUESTION, trusted.tell),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person asked for: one chapter (0: all), an end after the story, a folder to keep, the page's port."""

    chapter: int = 0
    ends: bool = False
    folder: Path | None = None
    port: int = 0


def tell_story(choice: Choice, tell: Teller) -> None:
    """Tell it. Whatever was started has ended when this returns or raises, also after Ctrl-C or a broken promise."""
    begun = time.monotonic()
    with _ending_by_signal(), _folder(choice.folder, tell) as folder:
        gateway, following, inbox = _free_ports(3)
        ground = Ground(folder, tell.room, gateway, following, inbox)
        tour = Tour(ground, tell)
        try:
            _prepare(tour, choice.port)
            _chapters(tour, choice.chapter)
            tell.say()
            tell.say(f"Told in {time.monotonic() - begun:.0f} s.", "dim")
            if not choice.ends:
                _stay(tour)
        finally:
            _end(tour)
    tell.say("Now yours: `fairlead init`, and `fairlead ledger import YOUR_FOCUS.csv --source NAME`", "strong")


def _prepare(tour: Tour, port: int) -> None:
    """Train, commit, start the control plane, wait until it serves, and let the customers call."""
    ground, tell = tour.ground, tour.tell
    tell.say("fairlead: every commit has a price, a verdict and an owner.", "strong")
    tell.say(f"A Git workspace, models and customers of the tour's own, in {ground.folder}.")
    ground.trained.mkdir()
    ground.start("training", "fairlead.show.cli.demo.digits", str(ground.trained))
    first = tour.trained(LINEAR)
    ground.workspace.mkdir()
    with tell.working("making the Git workspace, and a small language model from a page of Moby-Dick"):
        make_workspace(ground, first)
    ground.start("inbox", "fairlead.show.cli.demo.inbox", str(ground.inbox_port), str(ground.inbox))
    ground.start("up", "fairlead", "up", "--state", str(ground.state), "--port", str(port))
    with tell.working("starting the control plane, the gateway and two models"):
        wait_until(lambda: _page(tour) is not None, _START, "the start of the control plane")
        tour.settle()
    ground.start(
        "load", "fairlead.show.cli.demo.load", "--port", str(ground.gateway_port), "--keys", str(ground.keys),
        "--digits", str(ground.trained / "test.csv"), "--report", str(ground.load_report),
        "--seconds", str(_LOAD_SECONDS), "--requests", str(_LOAD_REQUESTS),
    )  # fmt: skip
    tell.say(f"Its page: {_page(tour)}")
    tell.say(
        "Everything below is run and measured here and now; nothing is replayed. The customers' calls are made by a\n"
        "load generator over HTTP. To type along: `cd` to its folder `workspace`, add `--state ../state`.",
        "dim",
    )


def _page(tour: Tour) -> str | None:
    """The page's address, once the control plane has told it."""
    tour.ground.check_alive("up")
    found = _PAGE.search(tour.ground.first_words("up"))
    return found[1] if found else None


def _chapters(tour: Tour, only: int) -> None:
    loud = tour.tell
    wanted = [only] if only else list(range(1, len(CHAPTERS) + 1))
    first = [each for each in CHAPTERS[only - 1].needs if only]
    for number in [*first, *wanted]:
        chapter = CHAPTERS[number - 1]
        told = number in wanted
        tour.tell = loud if told else loud.silent()
        with loud.working(f"preparing: chapter {number}") if not told else _nothing():
            tour.tell.chapter(number, chapter.question)
            chapter.tell(tour)
        if told and number != wanted[-1]:
            tour.tell.ends()
    tour.tell = loud


@contextmanager
def _nothing() -> Iterator[None]:
    yield


def _stay(tour: Tour) -> None:
    """Until Ctrl-C, or until the control plane ends."""
    tour.tell.say(f"The page stays open: {_page(tour)}\nCtrl-C ends everything that was started.")
    while tour.ground.processes["up"].poll() is None:
        time.sleep(0.2)


def _end(tour: Tour) -> None:
    """End every process that was started; the control plane drains what serves."""
    ground = tour.ground
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # a second Ctrl-C would leave processes behind; this is bounded in time
    with tour.tell.working("ending what was started"):
        ground.end("load")
        ground.end("training")
        if "up" in ground.processes and not ground.end("up", signal.SIGINT, _DRAIN):
            ground.fairlead("down")
        ground.end("inbox")


@contextmanager
def _folder(wanted: Path | None, tell: Teller) -> Iterator[Path]:
    """The folder of the story: the wanted one, which is kept, or one that is removed unless the story breaks."""
    if wanted is not None:
        if wanted.exists() and any(wanted.iterdir()):
            raise ConflictError("the folder is not empty", where=str(wanted), mend="name an empty one with --dir")
        wanted.mkdir(parents=True, exist_ok=True)
    folder = (wanted or Path(mkdtemp(prefix="fairlead-demo-"))).resolve()
    try:
        yield folder
    except Exception:
        tell.say(f"\nThe story broke off. Everything is kept in {folder}; see its *.log files.")
        raise
    except KeyboardInterrupt:
        _remove(folder, keep=wanted is not None)
        raise
    _remove(folder, keep=wanted is not None)


def _remove(folder: Path, *, keep: bool) -> None:
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _ending_by_signal() -> Iterator[None]:
    """While it lasts, SIGTERM ends the story as Ctrl-C does."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _free_ports(count: int) -> list[int]:
    """Ports on loopback that nobody listens on now; they are held until all are found, so that each is another."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(count)]
        return [int(each.getsockname()[1]) for each in probes]
