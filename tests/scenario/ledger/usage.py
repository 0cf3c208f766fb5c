"""Files of usage as tests write them, and what of them is in the ledger then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb

from fairlead.domain.ledger import USAGE
from fairlead.flows.ledger.collecting import Span, collect_files
from fairlead.flows.world import World
from fairlead.meter.collectors.outcome import Collected
from fairlead.testing.progress import no_progress

__all__ = ["HEAD", "collect", "line", "rows", "usage"]

HEAD = "window_start,window_end,resource,pod,measure,quantity"


def collect(world: World, *paths: Path, span: Span | None = None, source: str = "cluster") -> Collected:
    """Collect files as the command does."""
    return collect_files(world, source, paths, span or Span(), no_progress)


def rows(world: World) -> list[dict[str, Any]]:
    """All usage of the ledger, oldest first."""
    files = [file for part in world.ledger.parts(USAGE) for file in part.files]
    engine = duckdb.connect()
    engine.execute("SET TimeZone = 'UTC'")
    found = engine.execute(
        "SELECT strftime(window_start, '%Y-%m-%dT%H:%M') AS start, pod, measure, quantity, source_file, source_row"
        " FROM read_parquet(?) ORDER BY window_start, pod, measure",
        [files],
    )
    heads = [each[0] for each in found.description]
    return [dict(zip(heads, row, strict=True)) for row in found.fetchall()]


def line(start: str, pod: str, quantity: str, measure: str = "gpu_seconds") -> str:
    """One row of five minutes from `start`, which ends in minutes."""
    end = f"{start[:-1]}{int(start[-1]) + 5}"
    return f"{start}:00Z,{end}:00Z,i-1,{pod},{measure},{quantity}"


def usage(path: Path, *lines: str, head: str = HEAD) -> Path:
    """A CSV of these lines."""
    path.write_text("\n".join([head, *lines]) + "\n")
    return path
