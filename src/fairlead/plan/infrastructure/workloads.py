"""What a workload on a cluster costs in a month: what its replicas request, by the price book."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext

from fairlead.domain.infrastructure import Workload
from fairlead.domain.plan import CostComponent
from fairlead.domain.price_book import PriceBook
from fairlead.kernel.money import Money
from fairlead.plan.price import component

__all__ = ["price_workload"]

_GIB = 2**30


def price_workload(
    workload: Workload, book: PriceBook | None, *, replicas: int | None = None
) -> tuple[CostComponent, ...]:
    """Components for the least number of replicas that run all the time, or for `replicas` of them.

    What is not requested, has no price, or runs for hours that nobody can tell has `unit_price` and `monthly` None, and
    `source` says why. A share of a GPU that is requested whole is never assumed.
    """
    count, reason = workload.replicas.least, workload.replicas.reason
    if replicas is not None:
        count, reason = replicas, ""
    elif workload.replicas.most == 0 and book is not None:
        nothing = Money(Decimal(0), book.currency)
        return (CostComponent("nothing", Decimal(0), "hour", Decimal(0), nothing, reason or "none of it runs"),)
    found = []
    for resource, gpu_type, amount, unit in _asked(workload):
        if amount is None:
            why = f"price unknown: {workload.name} requests no {resource}"
            found.append(CostComponent(resource, Decimal(0), unit, None, None, why))
            continue
        running = 1 if reason or count is None else count
        part = component(book, resource, gpu_type, amount, unit, running)
        no_kind = resource == "gpu" and not gpu_type
        if reason or count is None:
            found.append(_without_hours(part, reason or "how many run is not in the manifest"))
        elif part.unit_price is None:
            why = "no node label says which kind of GPU this is" if no_kind else part.source
            found.append(replace(part, source=f"price unknown: {why}"))
        else:
            found.append(part)
    return tuple(found)


def _without_hours(part: CostComponent, reason: str) -> CostComponent:
    """A component whose hours nobody can tell, with what one replica around the clock would cost."""
    one = f"; one replica for a whole month is {part.monthly}" if part.monthly is not None else ""
    return replace(part, unit_price=None, monthly=None, source=f"price unknown: {reason}{one}")


def _asked(workload: Workload) -> list[tuple[str, str, Decimal | None, str]]:
    requests = workload.requests
    with localcontext(prec=60):
        memory = None if requests.memory is None else Decimal(requests.memory) / _GIB
    asked: list[tuple[str, str, Decimal | None, str]] = [
        ("cpu", "", requests.cpu, "core-hour"),
        ("memory", "", memory, "GiB-hour"),
    ]
    if requests.gpu:
        asked.append(("gpu", requests.gpu_type, requests.gpu, "GPU-hour"))
    return asked
