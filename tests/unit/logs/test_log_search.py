"""One search over all logs: the newest lines first, read from the end, and whatever is appended."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.logs import LogQuery
from fairlead.drivers.logs import ControlLog
from fairlead.drivers.logs_files import Tail, newest_first
from fairlead.drivers.secrets_redact import Redactor
from fairlead.flows.logs import follow_logs, search_logs
from fairlead.kernel.windows import iso
from fairlead.testing.state import MemoryState
from fairlead.testing.state_contract import MOMENT, deployment, draft
from fairlead.testing.time import ManualClock

SERVER = "prod.digits.bbbb.1"


def at(seconds: float) -> datetime:
    """So many seconds after the moment."""
    return MOMENT + timedelta(seconds=seconds)


def line(path: Path, seconds: float, text: str, **more: str) -> None:
    """Append a line as the control plane and the keepers write it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(json.dumps({"at": iso(at(seconds)), "level": "info", "text": text, **more}) + "\n")


def access(path: Path, seconds: float, request: str, code: int = 200) -> None:
    """Append a line as the gateway writes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    moment = at(seconds - 0.004)
    entry = {
        "start": f"{int(moment.timestamp())}.{moment.microsecond:06d}",
        "duration_us": 4000,
        "service_us": 3000,
        "environment": "prod",
        "model": "digits",
        "release": deployment("digits@bbbb").digest,
        "customer": "acme",
        "request": request,
        "method": "POST",
        "path": "/v2/models/digits/infer",
        "code": code,
        "flags": "-",
        "bytes_in": 1,
        "bytes_out": 1,
        "gateway": "g1",
    }
    with path.open("a") as file:
        file.write(json.dumps(entry) + "\n")


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """A state folder with lines of each kind, in rotated files too."""
    server = tmp_path / "servers" / SERVER
    line(server / "log.1.jsonl", 1, "starting")
    line(server / "log.jsonl", 3, "ready")
    labels = {"environment": "prod", "model": "digits", "release": deployment("digits@bbbb").digest}
    (server / "server.json").write_text(json.dumps({"labels": labels}))
    line(tmp_path / "control" / "log.jsonl", 2, "live", model="digits", environment="prod", request="c1")
    line(tmp_path / "control" / "log.jsonl", 6, "fetched")
    access(tmp_path / "gateway" / "access.1.log", 3.5, "r0")
    access(tmp_path / "gateway" / "access.2.log", 4, "r1")
    access(tmp_path / "gateway" / "access.log", 5, "r2", code=503)
    with (tmp_path / "gateway" / "access.log").open("a") as file:
        file.write('not a line\n{"start": ')
    return tmp_path


@pytest.fixture
def store() -> MemoryState:
    """It knows the release by name."""
    store = MemoryState(ManualClock(MOMENT))
    store.go_live(deployment("digits@bbbb"), draft())
    return store


ALL = ["starting", "c1", "ready", "r0", "r1", "r2", "fetched"]


def test_all_lines_in_one_order(state: Path, store: MemoryState) -> None:
    """Over rotated files and sources, by time; what is no line is passed over."""
    found = search_logs(state, store, LogQuery())
    assert [each.request or each.text for each in found] == ALL
    assert [each.source for each in found][:4] == [SERVER, "control", SERVER, "gateway"]
    assert [each.request or each.text for each in search_logs(state, store, LogQuery(limit=2))] == ALL[-2:]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (LogQuery(request="r1"), ["r1"]),
        (LogQuery(source="control"), ["c1", "fetched"]),
        (LogQuery(source=SERVER), ["starting", "ready"]),
        (LogQuery(model="digits"), ALL[:-1]),
        (LogQuery(model="digits", environment="dev"), []),
        (LogQuery(since=at(4)), ["r1", "r2", "fetched"]),
        (LogQuery(release="digits@b"), ["starting", "ready", "r0", "r1", "r2"]),
        (LogQuery(release="bbbbb"), ["starting", "ready", "r0", "r1", "r2"]),
        (LogQuery(release="digits@c"), []),
    ],
)
def test_lines_are_found(state: Path, store: MemoryState, query: LogQuery, expected: list[str]) -> None:
    """By request, source, model, environment, time, and by a release's name or digest."""
    assert [each.request or each.text for each in search_logs(state, store, query)] == expected


def test_the_gateways_lines_say_how_it_went(state: Path, store: MemoryState) -> None:
    """A failed request is an error, with its code, time and customer."""
    found = search_logs(state, store, LogQuery(request="r2"))[0]
    assert (found.level, found.at) == ("error", at(5))
    assert found.text == "POST /v2/models/digits/infer 503 in 4 ms for acme"


def test_following_goes_on_across_turns_and_new_servers(state: Path, store: MemoryState) -> None:
    """Every line comes once: those found, then those appended, in a turned file and of a new server too."""

    class Busy(ManualClock):
        """While the reader waits, others write."""

        def sleep(self, span: timedelta) -> None:
            super().sleep(span)
            next(work, None)

    def others() -> Iterator[None]:
        control = state / "control" / "log.jsonl"
        line(control, 7, "seven")
        yield
        line(control, 8, "eight")
        control.rename(state / "control" / "log.1.jsonl")
        line(control, 9, "nine")
        yield
        line(state / "servers" / "prod.words.cccc.2" / "log.jsonl", 10, "ten")
        yield

    work = others()
    followed = follow_logs(state, store, LogQuery(), Busy(MOMENT))
    assert [each.request or each.text for each in islice(followed, 11)] == [*ALL, "seven", "eight", "nine", "ten"]


def test_following_ends_when_told(state: Path, store: MemoryState) -> None:
    """A page that is closed ends its stream."""
    assert len(list(follow_logs(state, store, LogQuery(), ManualClock(MOMENT), lambda: True))) == len(ALL)


@given(st.lists(st.binary(max_size=40).map(lambda raw: raw.replace(b"\n", b"")), max_size=30), st.integers(1, 64))
def test_lines_backwards_are_the_lines(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], block: int
) -> None:
    """Whatever the lines and the blocks they are read in; a line without its end is not read."""
    path = tmp_path_factory.mktemp("log") / "log"
    path.write_bytes(b"".join(each + b"\n" for each in lines) + b"rest")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("fairlead.drivers.logs_files._BLOCK", block)
        assert list(newest_first([path])) == lines[::-1]


def test_reading_the_end_reads_little(tmp_path: Path) -> None:
    """The newest lines of a large file cost a block, not the file."""
    path = tmp_path / "log"
    with path.open("wb") as file:
        file.truncate(1 << 34)
        file.seek(0, 2)
        file.write(b"\none\ntwo\n")
    assert list(islice(newest_first([path]), 2)) == [b"two", b"one"]


def test_a_tail_begins_behind_the_last_whole_line(tmp_path: Path) -> None:
    """A line that was half written when the reading began comes whole."""
    path = tmp_path / "log"
    path.write_bytes(b"one\ntw")
    tail = Tail(path, at_end=True)
    assert tail.lines() == []
    with path.open("ab") as file:
        file.write(b"o\nthree\nfo")
    assert tail.lines() == [b"two", b"three"]
    tail.close()


def test_the_control_log_is_capped(tmp_path: Path) -> None:
    """Files are turned over at their size, and the oldest goes."""
    log = ControlLog(tmp_path, Redactor(), file_bytes=2000, files=3)
    logger = logging.Logger("fairlead.test")  # noqa: LOG001 - not the process's own
    logger.addHandler(log)
    for place in range(100):
        logger.info("line %s", place)
    log.close()
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == ["log.1.jsonl", "log.2.jsonl", "log.jsonl"]
    assert max(path.stat().st_size for path in tmp_path.iterdir()) <= 2000
    newest = [json.loads(raw)["text"] for raw in newest_first([tmp_path / name for name in ("log.jsonl", *files[:2])])]
    assert newest == [f"line {place}" for place in range(99, 99 - len(newest), -1)]
    assert len(newest) > 40
