"""What one replica of a model costs in an hour, by the price book: what a scaler's budget is counted in."""

from __future__ import annotations

from decimal import Decimal, localcontext

from fairlead.domain.model import Resources
from fairlead.domain.price_book import PriceBook

__all__ = ["LONGEST_MONTH_HOURS", "replica_hour"]

LONGEST_MONTH_HOURS = 744

_GIB = 2**30


def replica_hour(resources: Resources, book: PriceBook | None) -> Decimal | None:
    """Cores, memory and GPUs at their prices; None where any of them has no price, which is never zero.

    Memory costs nothing more where the core's price includes it.
    """
    if book is None:
        return None
    cpu, memory = book.row("cpu"), book.row("memory")
    gpu = book.row("gpu", resources.gpu_type) if resources.gpu else None
    included = cpu is not None and "memory" in cpu.includes
    if cpu is None or (memory is None and not included) or (resources.gpu and gpu is None):
        return None
    with localcontext(prec=60):
        whole = resources.cpu * cpu.price
        if memory is not None:
            whole += Decimal(resources.memory) / _GIB * memory.price
        return whole + (resources.gpu * gpu.price if gpu is not None else 0)
