"""Adds up access lines as they stream by: one row of integers per (environment, model, release, customer)."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.domain.access import count_in, epoch_us, is_failure, times_in
from fairlead.domain.usage import BUCKETS_MS

__all__ = ["COLUMNS", "NO_CUSTOMER", "UNMETERED", "CustomerNames", "Key", "LineUse", "Tally", "read_line"]

Key = tuple[str, str, str, str]
"""Environment, model, release's digest ('' where no release answered), customer."""

COLUMNS = (
    "requests", "inferences", "errors", "input_tokens", "output_tokens", "tokens_unknown", "service_us", "bytes_in",
    "bytes_out",
)  # fmt: skip
"""What the first integers of a row count; the latency histogram follows."""

NO_CUSTOMER = "none"
UNMETERED = "unmetered"
_TAKEN = {NO_CUSTOMER, UNMETERED, "unknown"}
_BOUNDS_US = [bound * 1_000 for bound in BUCKETS_MS]
_ANSWERED = range(200, 300)
_LONGEST_NAME = 253


@dataclass(slots=True)
class CustomerNames:
    """Which names keep their own rows in a window: all declared ones, and the first `limit` distinct others."""

    declared: frozenset[str]
    limit: int
    seen: set[str] = field(default_factory=set)

    def row_name(self, name: str) -> str:
        """`unknown` where none was given (or a name that has a meaning of its own), `other` beyond the limit."""
        if name in self.declared or name in self.seen:
            return name
        if not name or name in _TAKEN:
            return "unknown"
        if name == "other":
            return name
        if len(self.seen) >= self.limit or len(name) > _LONGEST_NAME:
            return "other"
        self.seen.add(name)
        return name


@dataclass(slots=True)
class LineUse:
    """What one access line adds: to which row, what, and when the request ended (microseconds since 1970)."""

    end_us: int
    environment: str
    model: str
    release: str
    customer: str
    upstream: tuple[str, str]
    bucket: int
    counts: tuple[int, ...]


def read_line(raw: Any) -> LineUse:  # noqa: ANN401 - parsed JSON, checked here
    """What a parsed line adds; ValueError, KeyError or TypeError for one that the gateway did not write."""
    duration, service = times_in(raw)
    code = count_in(raw, "code") or 0
    given, made = _tokens(raw, "input_tokens"), _tokens(raw, "output_tokens")
    inferred = raw["method"] == "POST" and code in _ANSWERED
    silent = given is None and made is None and raw["protocol"] == "openai"
    return LineUse(
        epoch_us(raw["start"]) + duration,
        str(raw.get("environment") or ""),
        str(raw.get("model") or ""),
        str(raw.get("release") or ""),
        str(raw.get("customer") or ""),
        (str(raw.get("gateway") or ""), str(raw.get("server") or "")),
        bisect_left(_BOUNDS_US, duration),
        (
            1,
            int(inferred),
            int(is_failure(code, raw.get("flags") or "-")),
            given or 0,
            made or 0,
            int(silent and inferred),
            service,
            count_in(raw, "bytes_in") or 0,
            count_in(raw, "bytes_out") or 0,
        ),
    )


def _tokens(raw: Mapping[str, Any], key: str) -> int | None:
    """Tokens are the model's own statement: a number that cannot be states nothing, and the line still counts."""
    try:
        return count_in(raw, key)
    except (ValueError, TypeError, OverflowError):
        return None


class Tally:
    """Sums of one window. `upstream` counts lines per (gateway incarnation, server address), for what logs lost."""

    def __init__(self, names: CustomerNames) -> None:
        self.names = names
        self.rows: dict[Key, list[int]] = {}
        self.upstream: dict[tuple[str, str], int] = {}

    def add(self, line: LineUse) -> None:
        """Count one line."""
        key = (line.environment, line.model, line.release, self.names.row_name(line.customer))
        row = self.rows.get(key)
        if row is None:
            row = self.rows[key] = [0] * (len(COLUMNS) + len(BUCKETS_MS) + 1)
        for place, count in enumerate(line.counts):
            row[place] += count
        row[len(COLUMNS) + line.bucket] += 1
        self.upstream[line.upstream] = self.upstream.get(line.upstream, 0) + 1

    def copy(self, names: CustomerNames) -> Tally:
        """The same sums, to be added to without changing these."""
        twin = Tally(names)
        names.seen |= self.names.seen
        twin.rows = {key: list(row) for key, row in self.rows.items()}
        twin.upstream = dict(self.upstream)
        return twin
