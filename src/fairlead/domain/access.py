"""The access line: what the gateway writes of one request, and the meter reads. A contract between the two."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

__all__ = ["AccessLine", "parse_access_line"]


@dataclass(frozen=True, slots=True)
class AccessLine:
    """One request as the gateway saw it end.

    The gateway writes one JSON object per line. Its keys are `start` (epoch seconds with six decimals, as text),
    `duration_us` and `service_us` (whole microseconds: all of the request; from the first byte sent to the model
    server to the last one received; null where there was none), `environment`, `model`, `release` (digest),
    `server` (upstream address), `protocol` (oip or openai), `customer`, `request` (id), `method`, `path` (without
    query), `code`, `flags` (Envoy's response flags, `-` for none), `bytes_in`, `bytes_out`, `input_tokens`,
    `output_tokens` (null where the answer did not state them), `gateway` (the gateway process's incarnation).
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

    @property
    def end(self) -> datetime:
        """When the request ended; its window is the one that holds this moment."""
        return self.start + timedelta(microseconds=self.duration_us)

    @property
    def failed(self) -> bool:
        """Whether the request failed through no fault of the client: 5xx, or no answer at all (code 0)."""
        return self.code >= 500 or (self.code == 0 and "DC" not in self.flags)


def _count(value: Any) -> int | None:
    return None if value in (None, "-", "") else int(value)


def parse_access_line(line: bytes) -> AccessLine:
    """Read one line; ValueError or KeyError for one that the gateway did not write."""
    raw = json.loads(line)
    whole, _, fraction = str(raw["start"]).partition(".")
    start = datetime.fromtimestamp(int(whole), UTC) + timedelta(
        microseconds=int(fraction or 0)
    )
    text = {
        key: str(raw.get(key) or "")
        for key in (
            "environment",
            "model",
            "release",
            "server",
            "protocol",
            "customer",
            "request",
            "method",
            "path",
        )
    }
    return AccessLine(
        start=start,
        duration_us=_count(raw["duration_us"]) or 0,
        service_us=_count(raw["service_us"]) or 0,
        code=_count(raw["code"]) or 0,
        flags=str(raw.get("flags") or "-"),
        bytes_in=_count(raw["bytes_in"]) or 0,
        bytes_out=_count(raw["bytes_out"]) or 0,
        input_tokens=_count(raw.get("input_tokens")),
        output_tokens=_count(raw.get("output_tokens")),
        gateway=str(raw.get("gateway") or ""),
        **text,
    )
