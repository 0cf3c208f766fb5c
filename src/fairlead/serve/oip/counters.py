"""What a model server counts, and its text for Prometheus."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

__all__ = ["REQUESTS_TOTAL", "Counters"]

REQUESTS_TOTAL = "fairlead_requests_total"
"""The counter that only grows while the server lives: answered requests under `/v2/models/`, by status."""

BOUNDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Counters:
    """Answered requests by status, those in flight, and a histogram of their seconds.

    Everything under `/v2/models/` counts, since all of it comes through the gateway and has a line in its log; the
    readiness path that the host asks does not. The meter compares the two to find what was served and not logged.
    """

    def __init__(self) -> None:
        self.in_flight = 0
        self._finished: Counter[int] = Counter()
        self._buckets = [0] * (len(BOUNDS) + 1)
        self._seconds = 0.0

    def finish(self, status: int, seconds: float) -> None:
        """Count one request."""
        self._finished[status] += 1
        self._buckets[bisect_left(BOUNDS, seconds)] += 1
        self._seconds += seconds

    def text(self) -> str:
        """The text exposition format, version 0.0.4."""
        lines = [f"# TYPE {REQUESTS_TOTAL} counter"]
        lines += [f'{REQUESTS_TOTAL}{{code="{code}"}} {count}' for code, count in sorted(self._finished.items())]
        lines += [
            "# TYPE fairlead_requests_in_flight gauge",
            f"fairlead_requests_in_flight {self.in_flight}",
            "# TYPE fairlead_request_seconds histogram",
        ]
        total = 0
        for bound, count in zip((*map(str, BOUNDS), "+Inf"), self._buckets, strict=True):
            total += count
            lines.append(f'fairlead_request_seconds_bucket{{le="{bound}"}} {total}')
        lines += [
            f"fairlead_request_seconds_sum {self._seconds:.6f}",
            f"fairlead_request_seconds_count {total}",
        ]
        return "\n".join(lines) + "\n"
