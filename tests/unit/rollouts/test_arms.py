"""Lines of the gateway's log are counted to the release that answered; what cannot be read is counted, too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fairlead.flows.rollouts.arms import Arms, Wanted, read_arms
from fairlead.flows.rollouts.tail import LogTail
from fairlead.meter.collectors.access_log import AccessLog

NEW, OLD = "b" * 64, "a" * 64
WANTED = Wanted("prod", "churn", NEW, OLD)
REQUEST = {
    "start": "1790000000.000000", "duration_us": 900, "service_us": 800, "environment": "prod", "model": "churn",
    "release": NEW, "method": "POST", "protocol": "oip", "code": 200, "flags": "-", "customer": "ann", "request": "r1",
}  # fmt: skip


def line(**different: Any) -> str:  # noqa: ANN401 - any field of a line
    """A line of the log."""
    return json.dumps(REQUEST | different, separators=(",", ":")) + "\n"


def read(folder: Path, *lines: str) -> Arms:
    """What is behind the log's present end after these lines are written."""
    log = AccessLog(folder)
    start = log.end()
    with (folder / "access.log").open("a") as file:
        file.writelines(lines)
    return read_arms(LogTail(log), start, WANTED)


def test_each_line_counts_for_its_release(tmp_path: Path) -> None:
    """Of this model in this environment, and asked by nobody who named the release."""
    found = read(
        tmp_path,
        line(),
        line(code=500, customer="bob"),
        line(release=OLD),
        line(pinned=True),
        line(environment="staging"),
        line(model="fraud"),
        line(method="GET"),
    )
    assert (found.new.requests, found.new.failures, found.old.requests) == (2, 1, 1)
    assert (found.met, found.customers, found.damaged, found.lost) == (2, {"ann", "bob"}, 0, False)


def test_what_cannot_be_read_is_counted(tmp_path: Path) -> None:
    """A line cut off, one without a time, one that is no object; lines of other models are theirs."""
    cut, other = line()[:80] + "\n", line(model="fraud")[:130] + "\n"
    found = read(tmp_path, cut, line(start=None), '["model":"churn"]\n', '[1, {"model":"churn"}]\n', other, line())
    assert (found.damaged, found.met, found.new.requests) == (4, 2, 1)


def test_a_log_that_is_gone_is_told(tmp_path: Path) -> None:
    """The file of the position was deleted before it was read."""
    tail = LogTail(AccessLog(tmp_path))
    (tmp_path / "access.log").write_text(line(start="1780000000.000000"))
    start = tail.end()
    (tmp_path / "access.log").unlink()
    (tmp_path / "access.log").write_text(line(request="r2") + line(request="r3"))
    found = read_arms(tail, start, WANTED)
    assert (found.lost, found.met) == (True, 2)
    assert read_arms(tail, found.behind or start, WANTED).lost is False
