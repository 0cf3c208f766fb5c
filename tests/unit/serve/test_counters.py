"""What the model server counts."""

from __future__ import annotations

from fairlead.serve.oip.counters import Counters


def test_text_for_prometheus() -> None:
    """By status, with cumulative buckets; a bound belongs to its bucket."""
    counters = Counters()
    counters.finish(200, 0.001)
    counters.finish(200, 0.0011)
    counters.finish(400, 99)
    lines = counters.text().splitlines()
    assert 'fairlead_requests_total{code="200"} 2' in lines
    assert 'fairlead_requests_total{code="400"} 1' in lines
    assert 'fairlead_request_seconds_bucket{le="0.001"} 1' in lines
    assert 'fairlead_request_seconds_bucket{le="0.0025"} 2' in lines
    assert 'fairlead_request_seconds_bucket{le="+Inf"} 3' in lines
    assert "fairlead_request_seconds_count 3" in lines
