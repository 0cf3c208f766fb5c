"""Latency and memory of the server that is tested, while nobody else asks it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from http import HTTPStatus

from fairlead.assure.latency import percentile
from fairlead.assure.tensors import Unfit
from fairlead.domain.evidence import Measure
from fairlead.domain.trial import LatencyTrial
from fairlead.flows.trying.golden import file_bytes
from fairlead.flows.trying.sitting import Outcome, Sitting
from fairlead.flows.trying.table import first_request
from fairlead.kernel.errors import BrokenWorldError
from fairlead.serve.memory import peak_bytes

__all__ = ["measure_latency", "measure_memory"]

_WARMING = 10
"""Requests that are not counted: caches and the server's own compilation settle."""


def measure_latency(sitting: Sitting, trial: LatencyTrial) -> None:
    """Time requests, one after the other over one connection: what a caller waits, without any queue."""
    try:
        spans = sorted(_spans(sitting, trial))
    except (Unfit, BrokenWorldError) as error:
        sitting.outcomes.append(Outcome("latency", passed=False, detail=str(error)))
        return
    for percent in (50, 99):
        value = Decimal(percentile(spans, percent)).scaleb(-6).quantize(Decimal("0.001"))
        sitting.measures.append(Measure(f"latency-p{percent}", value, len(spans), unit="ms"))
    if trial.p99 is not None:
        bound = Decimal(trial.p99 / timedelta(milliseconds=1))
        within = sitting.measures[-1].value <= bound
        sitting.outcomes.append(Outcome("latency-p99", within, f"{sitting.measures[-1].value} ms, bound {bound:f} ms"))


def _spans(sitting: Sitting, trial: LatencyTrial) -> list[int]:
    body, path = _sample(sitting)
    spans: list[int] = []
    for done in range(_WARMING + trial.requests):
        reply = sitting.ask(body, path)
        if reply.status != HTTPStatus.OK:
            raise Unfit(f"the model answered {reply.status} to the request that is measured")
        spans.append(reply.nanoseconds)
        sitting.progress(done, _WARMING + trial.requests, "latency")
    return spans[_WARMING:]


def _sample(sitting: Sitting) -> tuple[bytes, str]:
    """The first golden request, else the first row of the first table."""
    if sitting.trial.golden:
        golden = sitting.trial.golden[0]
        return file_bytes(sitting, golden.request), golden.path
    return first_request(sitting, sitting.trial.metrics[0]), ""


def measure_memory(sitting: Sitting, session: int) -> None:
    """The peak of the server's resident memory so far."""
    used, bound = peak_bytes(session), sitting.trial.memory
    sitting.measures.append(Measure("memory-peak", Decimal(used), 1, unit="B"))
    if bound is not None:
        sitting.outcomes.append(Outcome("memory", used <= bound, f"{used} bytes, bound {bound} bytes"))
