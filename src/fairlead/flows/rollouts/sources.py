"""Measures from elsewhere: Prometheus and CSV files, asked beside the loop, so that a slow answer stops no look."""

from __future__ import annotations

import csv
import io
import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import isfinite, log
from pathlib import Path

from fairlead.domain.analysis import AnalysisMetric, Block, CsvSource, PrometheusSource, Sample
from fairlead.domain.rollout import Arm, Rollout
from fairlead.drivers.prometheus import Prometheus
from fairlead.kernel.errors import FairleadError
from fairlead.kernel.windows import parse_iso

__all__ = ["Reading", "Sources"]

_LOG = logging.getLogger(__name__)
_SECONDS = 10.0
_TAIL = 1 << 20
"""Bytes of a CSV that are looked at: its newest rows."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a source gave for both arms: a block, or the reason why there is none."""

    block: Block | None
    note: str = ""


@dataclass(slots=True)
class _Source:
    """What is remembered of one: the question under way, when it was last asked, and why it gave nothing."""

    begun: datetime
    until: datetime
    """Up to here it was asked about already."""
    asked: Future[Reading] | None = None
    note: str = ""


class Sources:
    """Asks each source in a thread of its own; the answer is there at a later look."""

    def __init__(self, base: Path) -> None:
        """Paths of CSV files are relative to `base`."""
        self._base = base
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="measures")
        self._known: dict[tuple[str, str], _Source] = {}

    def read(self, rollout: Rollout, metric: AnalysisMetric, since: datetime, now: datetime) -> Reading:
        """The answer to the last question, and the next one as soon as nothing of it was in the last one.

        A note where an answer is due and has not come, or the last one was none: what is not known to be well again
        passes nothing. A query over a window is asked once per window: what it says of a minute that it told of before
        is no new observation.
        """
        key = (rollout.id, metric.name)
        source = self._known.setdefault(key, _Source(now, since))
        if source.asked is None:
            window = metric.prometheus.window if metric.prometheus is not None else timedelta(0)
            if now - source.begun >= window:
                source.asked = self._pool.submit(self._ask, rollout, metric, source.until, now)
                source.begun = source.until = now
            return Reading(None, source.note)
        if not source.asked.done():
            return Reading(None, "its source has not answered yet")
        answer = _answer(rollout, metric, source.asked)
        source.asked, source.note = None, answer.note
        return answer

    def close(self) -> None:
        """Ask nothing more."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _ask(self, rollout: Rollout, metric: AnalysisMetric, since: datetime, now: datetime) -> Reading:
        try:
            if metric.prometheus is not None:
                return _of_prometheus(metric.prometheus, rollout, now)
            if metric.csv is not None:
                return _of_csv(metric.csv, self._base / metric.csv.path, rollout, since, now)
        except (FairleadError, OSError, ValueError, KeyError, csv.Error) as error:
            return Reading(None, f"its source cannot be read: {error}")
        return Reading(None, f"`{metric.name}` has no source")


def _answer(rollout: Rollout, metric: AnalysisMetric, asked: Future[Reading]) -> Reading:
    broken = asked.exception()
    if broken is None:
        return asked.result()
    _LOG.error("%s: the source of %s broke", rollout.id, metric.name, exc_info=broken)
    return Reading(None, f"its source broke: {broken}")


def _of_prometheus(source: PrometheusSource, rollout: Rollout, now: datetime) -> Reading:
    import httpx2

    found: list[Sample] = []
    with httpx2.Client(timeout=_SECONDS) as client:
        server = Prometheus(client, source.url)
        for arm, which in ((rollout.new, "new"), (rollout.old, "old")):
            value = server.value(_filled(source.query, rollout, arm, which), now, source.max_age)
            if value is None:
                return Reading(None, f"Prometheus has no fresh sample of {arm.name}")
            if value <= 0:
                return Reading(None, f"Prometheus says {value} of {arm.name}: a ratio needs numbers above 0")
            found.append(Sample(1, log(value)))
    return Reading(Block(*found))


def _filled(query: str, rollout: Rollout, arm: Arm, which: str) -> str:
    given = {
        "release": arm.digest,
        "name": arm.name,
        "model": rollout.model,
        "environment": rollout.environment,
        "arm": which,
    }
    for name, value in given.items():
        query = query.replace(f"{{{name}}}", value)
    return query


def _of_csv(source: CsvSource, path: Path, rollout: Rollout, since: datetime, now: datetime) -> Reading:
    """Rows of the time since the last look; a row is of an arm by the release's name or digest (12 digits or more)."""
    samples = {"new": Sample(), "old": Sample()}
    newest: datetime | None = None
    for row in _newest_rows(path):
        at, arm = parse_iso(row["time"]), _arm_of(row["release"], rollout)
        newest = at if newest is None or at > newest else newest
        if arm and since < at <= now:
            value = float(row["value"])
            if not (isfinite(value) and value > 0):
                return Reading(None, f"{source.path} says {value}: a ratio needs numbers above 0")
            known = samples[arm]
            samples[arm] = Sample(known.count + 1, known.total + log(value))
    if newest is None or now - newest > source.max_age:
        return Reading(None, f"the newest row of {source.path} is stale" if newest else f"{source.path} has no rows")
    return Reading(Block(samples["new"], samples["old"]))


def _newest_rows(path: Path) -> list[dict[str, str]]:
    with path.open("rb") as file:
        head = file.readline(_TAIL).decode().strip()
        size = file.seek(0, io.SEEK_END)
        begin = max(len(head.encode()) + 1, size - _TAIL)
        file.seek(begin)
        if begin > len(head.encode()) + 1:
            file.readline()
        text = file.read(_TAIL).decode("utf-8", "replace")
    columns = next(csv.reader([head]), [])
    missing = {"time", "release", "value"} - set(columns)
    if missing:
        raise FairleadError(f"it has no column {', '.join(sorted(missing))}", where=str(path))
    rows = csv.reader(text.splitlines())
    return [dict(zip(columns, row, strict=True)) for row in rows if len(row) == len(columns)]


def _arm_of(release: str, rollout: Rollout) -> str:
    for arm, which in ((rollout.new, "new"), (rollout.old, "old")):
        if release == arm.name or (len(release) >= 12 and arm.digest.startswith(release)):  # noqa: PLR2004 - digits
            return which
    return ""
