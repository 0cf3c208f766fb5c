"""From series of how busy GPUs and MIG instances were to seconds of physical GPUs: used, reserved, and in all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from fairlead.meter.collectors.gpu_share import Divided, Held, divided, mig_part, reserved_seconds, seen_together
from fairlead.meter.collectors.labelling import Consumer, Labelling
from fairlead.meter.collectors.pieces import Piece
from fairlead.meter.collectors.series import Series, holds, usual_distance

__all__ = ["GpuUse", "gpu_of", "gpu_use"]

_EXPORTED = "exported_pod"
_WHOLE = Fraction(1)

_Consumers = dict[Consumer, Fraction]
_Spans = dict[tuple[int, str], dict[str, list[Held[Consumer]]]]
"""By window and GPU, and then by the instance in it ('': no MIG): who was there when, cut at the window's edges."""


@dataclass(frozen=True, slots=True)
class GpuUse:
    """Seconds by window, role and consumer; and the windows and GPUs whose shares were more than all of the GPU."""

    seconds: dict[tuple[int, str, Consumer], Decimal]
    over: frozenset[tuple[int, str]]


def gpu_use(piece: Piece, series: Sequence[Series], scale: Fraction, labelling: Labelling) -> GpuUse:
    """What is used and reserved of GPUs. A value times `scale` is 0 to 1 of the GPU, or of the instance.

    What is reserved of a GPU sums to no more than the time in which it was seen, to the last digit, however it is
    divided; nor does what is used. That time is its capacity, and nobody's: its labels name the GPU alone.
    """
    parts = {(gpu_of(each.labels), _instance(each)): _part(each) for each in series}
    hardware = {gpu_of(each.labels): _hardware(labelling.consumer(each.labels)) for each in series}
    use: dict[tuple[int, str, Consumer], Decimal] = {}
    over: set[tuple[int, str]] = set()
    for (window, gpu), instances in _spans(piece, series, scale, labelling).items():
        seconds = Fraction(seen_together(span for spans in instances.values() for span in spans), 1000)
        use[window, "capacity", hardware[gpu]] = Decimal(seconds.numerator) / seconds.denominator
        found = [(parts[gpu, name], divided(spans)) for name, spans in instances.items()]
        for role, shares in (("used", _shares(found, "busy")), ("reserved", _shares(found, "reserved"))):
            whole = {consumer: share / seconds for consumer, share in shares.items()}
            divided_seconds = reserved_seconds(whole, seconds)
            over |= {(window, gpu)} if divided_seconds.over else set()
            for consumer, amount in divided_seconds.seconds.items():
                key = (window, role, consumer)
                use[key] = use.get(key, Decimal(0)) + amount
    return GpuUse(use, frozenset(over))


def gpu_of(labels: Mapping[str, str]) -> str:
    """What tells one physical GPU from all others."""
    return labels.get("UUID") or f"{labels.get('Hostname', '')}/{labels.get('gpu', '')}"


def _shares(found: Sequence[tuple[Fraction, Divided[Consumer]]], what: Literal["busy", "reserved"]) -> _Consumers:
    """Seconds of the whole GPU, from each instance's part of it and the milliseconds of that."""
    seconds: _Consumers = {}
    for part, instance in found:
        for consumer, millis in (instance.busy if what == "busy" else instance.reserved).items():
            seconds[consumer] = seconds.get(consumer, Fraction(0)) + part * millis / 1000
    return seconds


def _spans(piece: Piece, series: Sequence[Series], scale: Fraction, labelling: Labelling) -> _Spans:
    usual = usual_distance(series)
    # A target's own labels are `exported_` where Prometheus sets labels of these names for the exporter itself: a GPU
    # without a pod then has the exporter's.
    pod = _EXPORTED if any(each.labels.get(_EXPORTED) for each in series) else "pod"
    spans: _Spans = {}
    for each in series:
        held = bool(each.labels.get(pod))
        consumer = labelling.consumer(each.labels)
        consumer = consumer if held else _hardware(consumer, ("GPU_I_ID", "GPU_I_PROFILE"))
        for hold in holds(each.samples, usual):
            busy = min(max(Fraction(hold.value) * scale, Fraction(0)), _WHOLE)
            start = max(hold.start, piece.after)
            for window, length in piece.parts(hold.start, hold.end):
                there = spans.setdefault((window, gpu_of(each.labels)), {}).setdefault(_instance(each), [])
                there.append(Held(start, start + length, consumer, held, busy))
                start += length
    return spans


def _instance(series: Series) -> str:
    return series.labels.get("GPU_I_ID", "")


def _part(series: Series) -> Fraction:
    """Part of the GPU that the series tells of. A profile that nobody knows weighs as a whole GPU."""
    profile = series.labels.get("GPU_I_PROFILE", "")
    return (mig_part(profile, series.labels.get("modelName", "")) if profile else None) or _WHOLE


def _hardware(consumer: Consumer, more: Sequence[str] = ()) -> Consumer:
    """The GPU, and nobody who uses it."""
    columns = tuple((name, value if name == "resource" else "") for name, value in consumer.columns)
    kept = {"UUID", "gpu", "modelName", *more}
    return Consumer(columns, tuple(each for each in consumer.labels if each[0] in kept))
