"""Builds access lines as the gateway writes them; a test states only what differs."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

__all__ = ["NOON", "RELEASE", "access_line", "at"]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
RELEASE = "a" * 64


def at(seconds: float) -> datetime:
    """That many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def access_line(ends: datetime, **changes: object) -> bytes:
    """One line, with its line feed, of a request that ended at `ends`."""
    duration = int(str(changes.get("duration_us", 2_000)))
    micros = int((ends - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1)) - duration
    line = {
        "start": f"{micros // 1_000_000}.{micros % 1_000_000:06d}",
        "duration_us": duration,
        "service_us": 1_500,
        "environment": "prod",
        "model": "digits",
        "release": RELEASE,
        "server": "127.0.0.1:4001",
        "protocol": "oip",
        "customer": "acme",
        "request": "7d0f6f0e-1111-4222-8333-000000000001",
        "method": "POST",
        "path": "/v2/models/digits/infer",
        "code": 200,
        "flags": "-",
        "bytes_in": 800,
        "bytes_out": 140,
        "input_tokens": None,
        "output_tokens": None,
        "gateway": "gateway-1",
    }
    return json.dumps(line | changes, separators=(",", ":")).encode() + b"\n"
