"""What came in since the last step: of the log, of the requests under way, and when the log is not believed."""

from __future__ import annotations

import json
from pathlib import Path

from fairlead.domain.serving import ModelLoad
from fairlead.flows.scaling.capacity import Interval, ServiceTimes, worked_us
from fairlead.flows.scaling.counting import UNMEASURED, Counts, Tally, count, read_tally
from fairlead.meter.collectors.access_log import AccessLog, LogPosition

AT = LogPosition(1, "a", 1, 1)


def line(**changes: object) -> str:
    """A line of the log; a test states what differs."""
    known = {
        "start": "1800000000.000000",
        "duration_us": 50_000,
        "service_us": 40_000,
        "environment": "prod",
        "model": "m",
        "method": "POST",
        "server": "127.0.0.1:1",
        "code": 200,
    }
    return json.dumps({**known, **changes}) + "\n"


def test_the_log_is_counted_once(tmp_path: Path) -> None:
    """Requests of this model, what waited and what waited in vain; the next step begins behind them."""
    path = tmp_path / "access.log"
    held = line(held=True, duration_us=2_040_000)
    refused = line(held=True, code=503, server="", service_us=None)
    others = line(model="other") + line(environment="dev") + line(method="GET") + "broken\n"
    path.write_text(line() + held + refused + others)
    tally = read_tally(AccessLog(tmp_path), LogPosition(), ("prod", "m"))
    assert (tally.requests, tally.lines, tally.held, tally.refused) == (3, 3, 2, 1)
    assert tally.held_us == 2_000_000 + 50_000
    assert tally.served[0] == Interval("127.0.0.1:1", 1_800_000_000_010_000, 1_800_000_000_050_000)
    again = read_tally(AccessLog(tmp_path), tally.behind, ("prod", "m"))
    assert (again.requests, again.lost) == (0, False)
    path.unlink()
    path.write_text(line())
    assert read_tally(AccessLog(tmp_path), tally.behind, ("prod", "m")).lost


def test_demand_is_what_ended_and_what_is_under_way_more() -> None:
    """Requests that came in and have not ended count where they came in, not where they end."""
    before = Counts(AT, active=2, held=1, begun={"a": 10})
    counted = count(before, Tally(requests=5, lines=5, behind=AT), ModelLoad(4, 3, {"a": 17}), 0, {})
    assert (counted.demand, counted.doubt, counted.asked) == (5 + 7 - 3, "", 7)
    assert counted.after == Counts(AT, 4, 3, {"a": 17})


def test_the_first_step_only_takes_positions() -> None:
    """What was before is not known, which is no fault."""
    counted = count(Counts(), Tally(behind=AT), ModelLoad(0, 0, {"a": 900}), 3, {})
    assert (counted.demand, counted.doubt) == (None, UNMEASURED)
    assert not counted.after.doubted
    assert count(counted.after, Tally(behind=AT), ModelLoad(0, 0, {"a": 900}), 3, {}).demand == 0


def test_a_log_that_says_too_little_is_not_believed() -> None:
    """Requests that the gateway counts and the log lacks add up, and the doubt stays until the log tells again."""
    counts = Counts(AT, begun={"a": 0})
    doubts = []
    for step in range(1, 7):
        counted = count(counts, Tally(behind=AT), ModelLoad(0, 0, {"a": step}), 0, {})
        counts = counted.after
        doubts.append(bool(counted.doubt))
    assert doubts == [False, False, True, True, True, True]
    assert count(counts, Tally(behind=AT), ModelLoad(0, 0, {"a": 6}), 0, {}).demand is None
    assert count(counts, Tally(requests=2, lines=2, behind=AT), ModelLoad(0, 0, {"a": 8}), 0, {}).demand == 2


def test_what_is_written_a_moment_later_is_no_loss() -> None:
    """The log lags by some requests at every step, and is believed at each."""
    counts, total = Counts(AT, begun={"a": 0}), 0
    for step in range(20):
        total += 30
        lines = 28 if step == 0 else 30
        counted = count(counts, Tally(requests=lines, lines=lines, behind=AT), ModelLoad(0, 0, {"a": total}), 0, {})
        assert not counted.doubt
        counts = counted.after


def test_other_doubts() -> None:
    """A gateway that cannot write, a log that is gone, a gateway that says nothing: each hides the demand."""
    before, load = Counts(AT, failures=1, answered={"s": 5}), ModelLoad(0, 0, {})
    assert count(before, Tally(behind=AT), load, 2, {}).doubt == "the gateway cannot write its log"
    assert count(before, Tally(behind=AT, lost=True), load, 1, {}).doubt == "a part of the gateway's log is gone"
    silent = count(before, Tally(behind=AT), None, 0, {"s": 25, "new": 100})
    assert (silent.demand, silent.asked, silent.doubt) == (None, 20, "the gateway does not answer")


def test_capacity_is_measured_whether_servers_are_busy_or_not() -> None:
    """Ten requests of 50 ms, one after the other or all waiting at once, are half a second of work."""
    alone = [Interval("a", at * 200_000, at * 200_000 + 50_000) for at in range(10)]
    queued = [Interval("a", 0, (at + 1) * 50_000) for at in range(10)]
    assert worked_us(alone, 1) == worked_us(queued, 1) == 500_000
    both = [*queued, *(Interval("b", each.begin, each.end) for each in queued)]
    assert worked_us(both, 1) == 1_000_000
    four = [Interval("a", 0, 50_000) for _ in range(4)]
    assert (worked_us(four, 4), worked_us(four, 2), worked_us([], 1)) == (200_000, 100_000, 0)


def test_capacity_is_of_the_last_hour_and_of_enough() -> None:
    """Under twenty requests nobody knows; after an hour the oldest are forgotten."""
    times = ServiceTimes().with_more(950_000, 19, 1_000)
    assert times.each_us is None
    times = times.with_more(50_000, 1, 1_010)
    assert times.each_us == 50_000
    for window in range(12):
        times = times.with_more(200_000, 10, 2_000 + 300 * window)
    assert (times.each_us, len(times.windows)) == (20_000, 12)
