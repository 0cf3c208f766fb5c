"""Use of pods from OpenCost's or Kubecost's allocations: what splits the invoice of the machines they ran on.

The same document can be imported as a bill (`meter.bills.opencost`); beside the cloud's own bill it is this that one
wants. Averages are over the allocation's span, so a quantity is average x seconds. `gpuHours` are GPUs that the pod
held, `gpuUsageAverage` the part of the time in which they worked (DCGM_FI_PROF_GR_ENGINE_ACTIVE; opencost/opencost,
pkg/costmodel/allocation_helpers.go). What is idle or not mounted is nobody's use; the ledger finds idle by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from fairlead.domain.ledger import BillFinding
from fairlead.kernel.windows import parse_iso
from fairlead.meter.collectors.base import UsageRow, measured
from fairlead.meter.collectors.provider_ids import resource_of

__all__ = ["opencost_usage_rows"]

_HOUR, _GIB = Decimal(3600), Decimal(2**30)
_NOBODY = ("__idle__", "__unmounted__")

_Use = tuple[str, str, Decimal]
"""Measure, role, quantity."""


def opencost_usage_rows(document: Mapping[str, Any], path: str) -> Iterator[UsageRow | BillFinding]:
    """Rows of an answer of `/allocation`, in its order; a finding for an allocation that cannot be used.

    `document` is the JSON with its numbers as Decimal or int. `source_row` counts allocations from 1.
    """
    steps = document.get("data")
    if not isinstance(steps, list):
        told = str(document.get("message") or "it has no list `data`")
        yield _wrong(path, 0, "data", "", f"no answer of OpenCost's /allocation: {told}")
        return
    allocations = (each for step in steps if isinstance(step, Mapping) for each in step.values())
    for row, allocation in enumerate(allocations, 1):
        yield from _rows(allocation, path, row)


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
    except _WrongValueError as wrong:
        yield _wrong(path, row, *wrong.args)
        return
    properties = allocation.get("properties") or {}
    labels = {str(key): str(value) for key, value in (properties.get("labels") or {}).items()}
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
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)) or value < 0:
        raise _WrongValueError(name, str(value), "use is a number of 0 or more")
    return Decimal(value)


def _span(allocation: Mapping[str, Any]) -> tuple[datetime, datetime]:
    """The allocation's own span; its window where it has no length."""
    window = allocation.get("window") or {}
    for given in (allocation, window):
        try:
            start, end = parse_iso(str(given.get("start", ""))), parse_iso(str(given.get("end", "")))
        except ValueError:
            continue
        if start < end:
            return start, end
    raise _WrongValueError("start", str(allocation.get("start")), "neither the allocation nor its window has a span")


class _WrongValueError(Exception):
    """Column, value and what is wrong with it: a finding on its way to the row's number."""


def _wrong(path: str, row: int, column: str, value: str, message: str) -> BillFinding:
    return BillFinding(path, row, column, value[:200], "usage/opencost", message, refused=True)
