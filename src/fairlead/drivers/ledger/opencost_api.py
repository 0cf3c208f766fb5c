"""OpenCost's and Kubecost's allocation API over HTTP: its answer as a file that an import reads like any other.

The answer is kept as it was sent, bounded in size and time.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import httpx2

from fairlead.drivers.ledger.whole_file import whole_file
from fairlead.kernel.errors import BrokenWorldError, UsageError
from fairlead.kernel.windows import Window

__all__ = ["LONGEST", "opencost_file"]

LONGEST = 600.0
"""Seconds that an answer may take in all. OpenCost computes a month of a large cluster in some minutes."""

_SILENT, _CONNECT = 300.0, 10.0
"""Seconds until the first byte, and until somebody is there."""

_USUAL = {"step": "1d", "accumulate": "false", "includeIdle": "true"}
"""Without idle the allocations are less than what the cluster costs, and OpenCost leaves it out unless it is asked."""

_HEAD = 4096
_OK = 200
_CODE = re.compile(rb'^\s*\{\s*"code"\s*:\s*(\d+)')


def opencost_file(
    client: httpx2.Client, url: str, span: Window, path: Path, *, most: int, clock: Callable[[], float] = time.monotonic
) -> int:
    """Write the allocations of `span`, day by day and with idle, as the JSON that OpenCost sent; how many bytes.

    `url` is the address of `/allocation` or `/allocation/compute`; parameters in it (`aggregate=pod`) are kept, also
    where they say another window or step. More than `most` bytes are refused. UsageError, BrokenWorldError.
    """
    asked = _asked(url, span)
    deadline = clock() + LONGEST
    timeout = httpx2.Timeout(_SILENT, connect=_CONNECT)
    try:
        with whole_file(path) as place, client.stream("GET", asked, timeout=timeout) as answer:
            if answer.status_code != _OK:
                raise _refused(asked, answer.status_code, next(answer.iter_bytes(_HEAD), b""))
            with place.open("wb") as file:
                size = sum(file.write(chunk) for chunk in _bounded(answer, most, deadline, clock))
            _checked(asked, place)
    except httpx2.HTTPError as error:
        what = f"OpenCost did not answer: {str(error) or type(error).__name__}"
        raise BrokenWorldError(what, where=str(asked), mend="is the address right, and is it up?") from error
    return size


def _asked(url: str, span: Window) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise UsageError(f"no address: {error}", where=url, mend="http://host:9003/allocation") from error
    if parsed.userinfo:
        raise UsageError("an address with a password would stand in logs", where=parsed.host, mend="leave it out")
    own = {"window": f"{_moment(span.start)},{_moment(span.end)}", **_USUAL}
    return parsed.copy_with(params={**own, **dict(parsed.params)})


def _moment(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _bounded(answer: httpx2.Response, most: int, deadline: float, clock: Callable[[], float]) -> Iterator[bytes]:
    size = 0
    for chunk in answer.iter_bytes():
        size += len(chunk)
        if size > most:
            what = f"the answer is larger than {most} bytes"
            raise BrokenWorldError(what, where=str(answer.url), mend="ask for fewer days, or aggregate=namespace")
        if clock() > deadline:
            what = f"the answer took more than {LONGEST:.0f} s"
            raise BrokenWorldError(what, where=str(answer.url), mend="ask for fewer days")
        yield chunk


def _checked(asked: httpx2.URL, path: Path) -> None:
    """OpenCost answers an error with status 200 and a code inside."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    code = _CODE.match(head)
    if not head.lstrip().startswith(b"{"):
        raise BrokenWorldError("the answer is no JSON object", where=str(asked), mend="give the address of /allocation")
    if code and int(code[1]) != _OK:
        raise _refused(asked, int(code[1]), head)


def _refused(asked: httpx2.URL, status: int, body: bytes) -> BrokenWorldError:
    text = body.decode(errors="replace").strip()
    try:
        told = json.loads(text)
    except ValueError:
        told = None
    message = str(told.get("message", "")) if isinstance(told, dict) else text[:200]
    return BrokenWorldError(f"OpenCost refuses with {status}: {message}", where=str(asked))
