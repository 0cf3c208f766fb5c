"""The access line: what the gateway writes of one request, and the meter reads. A contract between the two."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any

__all__ = ["AccessLine", "count_in", "epoch_us", "is_failure", "parse_access_line", "times_in"]

_PLAUSIBLE = 1 << 40


@dataclass(frozen=True, slots=True)
class AccessLine:
    """One request as the gateway saw it end.

    The gateway writes one JSON object per line. Its keys are `start` (epoch seconds with six decimals, as text),
    `duration_us` and `service_us` (whole microseconds: all of the request; from the first byte sent to the model
    server to the last one received), `duration_ms` and `lead_us` (until the request began to leave for the server),
    which stand in for the two where a request was broken off and they are null, `environment`, `model`, `release`
    (digest), `server` (upstream address), `protocol` (oip or openai), `customer`, `request` (id), `method`, `path`
    (without query), `code`, `flags` (Envoy's response flags, `-` for none), `bytes_in`, `bytes_out`, `input_tokens`,
    `output_tokens` (null where the answer did not state them), `gateway` (the gateway process's incarnation), `pinned`
    (true where the caller named the release, so that nothing drew it; null otherwise), `answer` (the answer's body as
    text, where the route keeps answers and it is JSON of at most 2 KiB; null otherwise), `held` (true where it came
    when no server was ready and waited for one, so that its duration less its service is that wait; null otherwise).

    `shadow.log` has the same lines, of copies: `release` is the one that got the copy, `request` the id of the request
    that was copied, and `customer` is null, for nobody asked for it. The meter reads `access.log` alone.
    """

    start: datetime
    duration_us: int
    service_us: int
    environment: str
    model: str
    release: str
    server: str
    protocol: str
    customer: str
    request: str
    method: str
    path: str
    code: int
    flags: str
    bytes_in: int
    bytes_out: int
    input_tokens: int | None
    output_tokens: int | None
    gateway: str
    pinned: bool = False
    answer: str | None = None

    @property
    def end(self) -> datetime:
        """When the request ended; its window is the one that holds this moment."""
        return self.start + timedelta(microseconds=self.duration_us)

    @property
    def failed(self) -> bool:
        """Whether the request failed through no fault of the client: 5xx, or no answer at all (code 0)."""
        return is_failure(self.code, self.flags)


def is_failure(code: int, flags: str) -> bool:
    """Whether a request failed through no fault of the client; `DC` says that the client went away first."""
    return code >= HTTPStatus.INTERNAL_SERVER_ERROR or (code == 0 and "DC" not in flags)


def epoch_us(text: str) -> int:
    """Microseconds since 1970 of epoch seconds with six decimals; ValueError for another form."""
    if text[-7:-6] != ".":
        raise ValueError(f"{text!r} is not epoch seconds with six decimals")
    return int(text[:-7]) * 1_000_000 + int(text[-6:])


def count_in(raw: Mapping[str, Any], key: str) -> int | None:
    """A whole number of a line; None where it says none. ValueError for one that cannot be."""
    value = raw.get(key)
    if value is None or value == "-":
        return None
    number = int(value)
    if not 0 <= number < _PLAUSIBLE or (type(value) is float and number != value):
        raise ValueError(f"{key} is {value!r}")
    return number


def times_in(raw: Mapping[str, Any]) -> tuple[int, int]:
    """Microseconds of the whole request, and of the server's work: one that was cut off worked until then."""
    whole, served = count_in(raw, "duration_us"), count_in(raw, "service_us")
    if whole is None:
        whole = (count_in(raw, "duration_ms") or 0) * 1_000
    if served is None:
        lead = count_in(raw, "lead_us")
        served = 0 if lead is None else max(0, whole - lead)
    return whole, served


def parse_access_line(line: bytes) -> AccessLine:
    """Read one line; ValueError, TypeError or KeyError for one that the gateway did not write."""
    raw = json.loads(line)
    seconds, microseconds = divmod(epoch_us(raw["start"]), 1_000_000)
    duration, service = times_in(raw)
    names = ("environment", "model", "release", "server", "protocol", "customer", "request", "method", "path")
    return AccessLine(
        start=datetime.fromtimestamp(seconds, UTC) + timedelta(microseconds=microseconds),
        duration_us=duration,
        service_us=service,
        code=count_in(raw, "code") or 0,
        flags=str(raw.get("flags") or "-"),
        bytes_in=count_in(raw, "bytes_in") or 0,
        bytes_out=count_in(raw, "bytes_out") or 0,
        input_tokens=count_in(raw, "input_tokens"),
        output_tokens=count_in(raw, "output_tokens"),
        gateway=str(raw.get("gateway") or ""),
        pinned=raw.get("pinned") is True,
        answer=raw.get("answer"),
        **{key: str(raw.get(key) or "") for key in names},
    )
