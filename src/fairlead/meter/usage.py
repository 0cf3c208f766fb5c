"""Pure: what the log added up to and what the CPU readings said become the usage records of a window."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from fairlead.domain.usage import BUCKETS_MS, UsageRecord
from fairlead.kernel.money import split
from fairlead.kernel.windows import Window
from fairlead.meter.cpu import CpuUse, ReleaseKey
from fairlead.meter.tally import COLUMNS, NO_CUSTOMER, UNMETERED, Key, Tally

__all__ = ["UNROUTED", "WindowUsage", "usage_records"]

UNROUTED = "unrouted"
"""Name of the release of requests that none answered: an unknown model, or one without servers."""

_ZERO = [0] * (len(COLUMNS) + len(BUCKETS_MS) + 1)
_REQUESTS, _SERVICE = COLUMNS.index("requests"), COLUMNS.index("service_us")


@dataclass(frozen=True, slots=True)
class WindowUsage:
    """The records of a window, sorted, and by which method each release's CPU was split over its customers."""

    records: tuple[UsageRecord, ...]
    methods: Mapping[ReleaseKey, str]


def usage_records(
    window: Window, tally: Tally, cpu: CpuUse, lost: Mapping[ReleaseKey, int], names: Mapping[str, str]
) -> WindowUsage:
    """Usage per (environment, model, release, customer).

    `lost` are requests that servers answered and the log does not hold; `names` maps digests to `model@commit`.
    CPU of a release is split over its customers so that the parts sum to it to the microsecond.
    """
    rows = _bounded(tally)
    by_release: dict[ReleaseKey, list[Key]] = defaultdict(list)
    for key in sorted(rows):
        by_release[key[:3]].append(key)
    shares: dict[Key, int] = {}
    methods: dict[ReleaseKey, str] = {}
    for release in {*by_release, *cpu.releases}:
        customers = by_release.get(release) or [(*release, NO_CUSTOMER)]
        methods[release], parts = _split_cpu(cpu.releases.get(release, 0), [rows.get(key, _ZERO) for key in customers])
        shares.update(zip(customers, parts, strict=True))
    missing = {(*release, UNMETERED): count for release, count in lost.items() if count}
    records = [
        _record(window, key, rows.get(key, _ZERO), shares.get(key, 0), missing.get(key, 0), names)
        for key in sorted({*shares, *missing})
    ]
    return WindowUsage(tuple(records), methods)


def _split_cpu(used: int, rows: list[list[int]]) -> tuple[str, list[int]]:
    """The method's name and the parts: by upstream service time, or by requests where no answer took any."""
    for method, column in (("upstream-service-time", _SERVICE), ("request-count", _REQUESTS)):
        weights = [row[column] for row in rows]
        if any(weights):
            return method, split(used, weights)
    return "no-requests", [used, *[0] * (len(rows) - 1)]


def _bounded(tally: Tally) -> dict[Key, list[int]]:
    """The tally's rows; models that nobody declared are one row once there are more than the customers' limit.

    A stranger chooses the model's name in the path, so the number of rows must not be in his hands.
    """
    unrouted = [key for key in tally.rows if not key[2]]
    if len(unrouted) <= tally.names.limit:
        return tally.rows
    rows = {key: row for key, row in tally.rows.items() if key[2]}
    for environment, _, _, customer in unrouted:
        rows[environment, "", "", customer] = [0] * len(_ZERO)
    for key in unrouted:
        merged = rows[key[0], "", "", key[3]]
        for place, count in enumerate(tally.rows[key]):
            merged[place] += count
    return rows


def _record(window: Window, key: Key, row: list[int], cpu_us: int, lost: int, names: Mapping[str, str]) -> UsageRecord:
    environment, model, release, customer = key
    return UsageRecord(
        window=window,
        environment=environment,
        model=model,
        release=release,
        name=names.get(release, "") if release else UNROUTED,
        customer=customer,
        latency=tuple(row[len(COLUMNS) :]),
        cpu_us=cpu_us,
        unmetered=lost,
        **dict(zip(COLUMNS, row, strict=False)),
    )
