"""What the meter knows of the sample fleet: windows with a dear release, a hole and a return; rows of the lake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal

from fairlead.flows.cost import FOREVER, Period, SourceRows
from fairlead.kernel.digests import sha256_hex
from fairlead.meter.report import CostReport, CostRow, CostTotals
from fairlead.meter.unit_costs import LatencyBound
from tests.unit.web.sample import ADA, ALAN, HOSTILE, NOW

__all__ = ["SampleCost"]

_STEP = timedelta(minutes=5)
_START = NOW.replace(minute=0, second=0) - timedelta(hours=3)
_WINDOWS = 43
_DEAR = range(24, 32)
_HOLE = range(12, 16)


def _row(key: Mapping[str, str | datetime], amount: str | None, requests: int, per_1k: str | None, p99: int) -> CostRow:
    return CostRow(
        key=key,
        amount=None if amount is None else Decimal(amount),
        currency="USD",
        requests=requests,
        inferences=requests - requests // 1000,
        errors=requests // 1000,
        unmetered=0,
        input_tokens=requests * 31,
        output_tokens=requests * 84,
        tokens_unknown=0,
        cpu_us=requests * 2_300,
        per_1k=None if per_1k is None else Decimal(per_1k),
        per_1m_output=None,
        p50=LatencyBound(20),
        p99=LatencyBound(p99),
    )


class SampleCost:
    """Answers like `CostFlow`, from fixed values."""

    @contextmanager
    def at_once(self) -> Iterator[SampleCost]:
        """All of it is of one moment already."""
        yield self

    def series(self, model: str, environment: str, period: Period = FOREVER) -> list[CostRow]:
        """Windows by release, oldest first; four windows had no request."""
        return [self._window(model, place) for place in range(_WINDOWS) if place not in _HOLE]

    def cost(
        self, by: Sequence[str] = ("model",), period: Period = FOREVER, *, model: str = "", environment: str = ""
    ) -> CostReport:
        """Two releases, or four customers of which one is nameless and one hostile."""
        rows: list[CostRow]
        if by == ("environment", "model"):
            rows = [_row({"environment": "prod", "model": "assistant"}, "4.1204", 9_000, "1.3288", 2000)]
        elif by == ("customer",):
            shares = (("acme", "61.204"), ("globex", "48.11"), (HOSTILE, "18.6"), ("unknown", "0.000000000412"))
            rows = [_row({"customer": name}, amount, 24_000, "1.3", 1000) for name, amount in shares]
        else:
            rows = [
                _row(self._key(model, place) | {"environment": environment or "prod"}, amount, 41_200, per_1k, 2000)
                for place, amount, per_1k in ((0, "104.5512", "1.3288"), (24, "23.429", "2.1094"))
            ]
        releases, platform, idle = Decimal("127.9802"), Decimal("3.1101"), Decimal("84.2297")
        totals = CostTotals("USD", releases + platform + idle, releases, platform, idle, Decimal(0))
        return CostReport(tuple(by), period.since, period.until, tuple(rows), (totals,), (), NOW)

    def sources(self, period: Period = FOREVER, *, limit: int = 1000, **only: str) -> SourceRows:
        """One record and one line."""
        place: dict[str, object] = {
            "window_start": _START,
            "window_end": _START + _STEP,
            "customer": "acme",
            "currency": "USD",
        }
        place |= {"environment": "prod", "model": only["model"], **self._key(only["model"], 0)}
        names = (
            "requests inferences errors unmetered input_tokens output_tokens tokens_unknown "
            "service_us cpu_us bytes_in bytes_out"
        )
        usage = place | dict.fromkeys(names.split(), 1234567)
        line = place | {
            "quantity_us": 812_000,
            "amount": Decimal("0.000009586111"),
            "method": "by upstream service time",
        }
        return SourceRows((usage,), (line | {"price": "t3.medium eu-west-1, 2026-11-01"},))

    def _key(self, model: str, place: int) -> dict[str, str | datetime]:
        commit = ALAN if place in _DEAR else ADA
        return {"model": model, "release": sha256_hex(commit.id.encode()), "name": f"{model}@{commit.id[:12]}"}

    def _window(self, model: str, place: int) -> CostRow:
        start = _START + place * _STEP
        key = self._key(model, place) | {"window_start": start, "window_end": start + _STEP}
        dear = place in _DEAR
        per_1k = Decimal(210 if dear else 131) / 100 + Decimal(place * 7 % 11 - 5) / 200
        return _row(key, "0.08", 900 + place * 37 % 200, str(per_1k), 2000 if dear else 1000)
