"""Use of pods from OpenCost's or Kubecost's allocations: what splits the invoice of the machines they ran on.

The same document can be imported as a bill (`meter.bills.opencost`); beside the cloud's own bill it is this that one
wants. Averages are over the allocation's span, so a quantity is average x seconds. `gpuHours` are GPUs that the pod
held, `gpuUsageAverage` the part of the time in which they worked (DCGM_FI_PROF_GR_ENGINE_ACTIVE; opencost/opencost,
pkg/costmodel/allocation_helpers.go). What is idle or not mounted is nobody's use; the ledger finds idle by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from fairlead.domain.ledger import BillFinding
from fairlead.kernel.windows import parse_iso
from fairlead.meter.collectors.base import UsageRow, measured
from fairlead.meter.collectors.provider_ids import resource_of

__all__ = ["opencost_usage_rows"]

_HOUR, _GIB = Decimal(3600), Decimal(2**30)
_MOST = Decimal(10) ** 18
_NOBODY = ("__idle__", "__unmounted__")

_Use = tuple[str, str, Decimal]
"""Measure, role, quantity."""


def opencost_usage_rows(allocations: Iterable[str], path: str) -> Iterator[UsageRow | BillFinding]:
    """Rows of the allocations of an answer, in its order; a finding for one that cannot be used.

    Each allocation is the text of its JSON (`bills.opencost.each_allocation`). `source_row` counts them from 1.
    """
    for row, allocation in enumerate(allocations, 1):
        yield from _rows(json.loads(allocation, parse_float=Decimal), path, row)


def _rows(allocation: object, path: str, row: int) -> Iterator[UsageRow | BillFinding]:
    if not isinstance(allocation, Mapping):
        yield _wrong(path, row, "", str(allocation), "an allocation is an object")
        return
    name = str(allocation.get("name", ""))
    if any(part in name for part in _NOBODY):
        return
    try:
        start, end = _span(allocation)
        uses = list(_uses(allocation, Decimal(int((end - start).total_seconds()))))
        properties = _object(allocation, "properties")
        labels = {str(key): str(value) for key, value in _object(properties, "labels").items()}
    except _WrongValueError as wrong:
        yield _wrong(path, row, *wrong.args)
        return
    # What tells two rows of a window apart: the container in its pod, or what an aggregated allocation is called.
    labels |= {"container": str(properties["container"])} if properties.get("container") else {}
    labels |= {} if properties.get("pod") else {"allocation": name}
    for measure, role, quantity in uses:
        yield UsageRow(
            window_start=start,
            window_end=end,
            measure=measure,
            quantity=measured(quantity),
            role=role,
            resource=resource_of(str(properties.get("providerID") or "")),
            namespace=str(properties.get("namespace") or ""),
            pod=str(properties.get("pod") or ""),
            labels=labels,
            source_file=path,
            source_row=row,
        )


def _uses(allocation: Mapping[str, Any], seconds: Decimal) -> Iterator[_Use]:
    """What is known of each measure: a missing figure is no row, never 0."""
    hours = _number(allocation, "gpuHours")
    active = _number(allocation, "gpuUsageAverage")
    network = [_number(allocation, name) for name in ("networkTransferBytes", "networkReceiveBytes")]
    found: tuple[tuple[str, str, Decimal | None, Decimal], ...] = (
        ("cpu_seconds", "used", _number(allocation, "cpuCoreUsageAverage"), seconds),
        ("cpu_seconds", "reserved", _number(allocation, "cpuCoreRequestAverage"), seconds),
        ("memory_gib_seconds", "used", _number(allocation, "ramByteUsageAverage"), seconds / _GIB),
        ("memory_gib_seconds", "reserved", _number(allocation, "ramByteRequestAverage"), seconds / _GIB),
        ("gpu_seconds", "reserved", hours, _HOUR),
        ("gpu_seconds", "used", active, (hours or Decimal(0)) * _HOUR),
        ("storage_gib_hours", "used", _number(allocation, "pvByteHours"), 1 / _GIB),
        ("network_bytes", "used", sum((each for each in network if each), Decimal(0)), Decimal(1)),
    )
    for measure, role, quantity, unit in found:
        if quantity:
            yield measure, role, quantity * unit


def _number(allocation: Mapping[str, Any], name: str) -> Decimal | None:
    value = allocation.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or not 0 <= value < _MOST:
        raise _WrongValueError(name, str(value), "use is a number of 0 or more, with at most 18 digits")
    return Decimal(value)


def _object(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    if value is not None and not isinstance(value, Mapping):
        raise _WrongValueError(name, str(value), "this is an object")
    return value or {}


def _span(allocation: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """The allocation's own span; its window where it has no length."""
    window = _object(allocation, "window")
    for given in (allocation, window):
        try:
            start, end = parse_iso(str(given.get("start", ""))), parse_iso(str(given.get("end", "")))
        except (ValueError, OverflowError):
            continue
        if start < end:
            return start, end
    raise _WrongValueError("start", str(allocation.get("start")), "neither the allocation nor its window has a span")


class _WrongValueError(Exception):
    """Column, value and what is wrong with it: a finding on its way to the row's number."""


def _wrong(path: str, row: int, column: str, value: str, message: str) -> BillFinding:
    return BillFinding(path, row, column, value[:200], "usage/opencost", message, refused=True)
