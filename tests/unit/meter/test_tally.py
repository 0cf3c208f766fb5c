"""What a line adds, and to whose row."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from fairlead.domain.access import parse_access_line
from fairlead.domain.usage import BUCKETS_MS
from fairlead.meter.tally import COLUMNS, CustomerNames, Tally, read_line
from tests.unit.meter.access_lines import RELEASE, access_line, at


def tally_of(*lines: bytes, declared: frozenset[str] = frozenset(), limit: int = 1000) -> Tally:
    """The tally of these lines."""
    tally = Tally(CustomerNames(declared, limit))
    for line in lines:
        tally.add(read_line(json.loads(line)))
    return tally


def only_row(*lines: bytes) -> dict[str, int]:
    """The counts of the only row."""
    (row,) = tally_of(*lines).rows.values()
    return dict(zip(COLUMNS, row, strict=False))


def customers(tally: Tally) -> set[str]:
    """Names of the rows."""
    return {key[3] for key in tally.rows}


def test_row_sums_what_its_lines_say() -> None:
    """Requests, errors, tokens, service time and bytes are added up."""
    lines = [access_line(at(0)), access_line(at(1), code=503, input_tokens=7, output_tokens=11)]
    assert only_row(*lines) == {
        "requests": 2, "inferences": 1, "errors": 1, "input_tokens": 7, "output_tokens": 11, "tokens_unknown": 0,
        "service_us": 3_000, "bytes_in": 1_600, "bytes_out": 280,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("code", "flags", "errors"),
    [(200, "-", 0), (404, "-", 0), (500, "-", 1), (503, "UH", 1), (0, "UC", 1), (0, "DC", 0)],
)
def test_errors_are_not_the_clients_faults(code: int, flags: str, errors: int) -> None:
    """5xx and no answer are errors; a client that went away or asked wrongly made none."""
    line = access_line(at(0), code=code, flags=flags)
    assert only_row(line)["errors"] == errors
    assert parse_access_line(line).failed == bool(errors)


@pytest.mark.parametrize(
    ("changes", "unknown"),
    [
        ({}, 1),
        ({"output_tokens": 3}, 0),
        ({"input_tokens": 3}, 0),
        ({"code": 500}, 0),
        ({"method": "GET"}, 0),
        ({"protocol": "oip"}, 0),
        ({"output_tokens": 10**30}, 1),
        ({"output_tokens": "many"}, 1),
        ({"output_tokens": float("inf")}, 1),
    ],
)
def test_answers_that_state_no_tokens_are_counted(changes: dict[str, object], unknown: int) -> None:
    """An answer of the OpenAI protocol without usable tokens is unknown, never zero tokens in silence."""
    line = access_line(at(0), **({"protocol": "openai"} | changes))
    assert only_row(line)["tokens_unknown"] == unknown
    assert only_row(line)["requests"] == 1


def test_stream_that_the_client_left_is_metered_until_then() -> None:
    """Where Envoy has no end, its coarse duration stands in, and the server worked until the end."""
    line = json.loads(access_line(at(0)))
    line |= {"duration_us": None, "service_us": None, "duration_ms": 40, "lead_us": 1_000}
    use = read_line(line)
    assert use.counts[COLUMNS.index("service_us")] == 39_000
    assert use.end_us - int(line["start"].replace(".", "")) == 40_000


def test_request_that_reached_no_server_took_no_service() -> None:
    """Without a time of leaving there was no service."""
    assert only_row(access_line(at(0), service_us=None))["service_us"] == 0


@pytest.mark.parametrize("broken", [
    {"start": None}, {"start": "yesterday"}, {"start": "17"}, {"start": 17.5}, {"code": "abc"}, {"code": -1},
    {"bytes_in": 2**63}, {"bytes_out": 1.5}, {"duration_us": float("inf")}, {"duration_us": float("nan")},
    {"duration_us": [1]},
])  # fmt: skip
def test_line_that_the_gateway_did_not_write_is_refused(broken: dict[str, object]) -> None:
    """Every such line raises one of the errors that the intake counts."""
    line = json.loads(access_line(at(0))) | broken
    with pytest.raises((ValueError, KeyError, TypeError, OverflowError)):
        read_line(line)


@pytest.mark.parametrize("value", [None, 5, "text", [], [1], {}])
def test_json_that_is_no_line_is_refused(value: object) -> None:
    """Whatever JSON a line holds, it is an answer or a counted error."""
    with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
        read_line(value)


def test_latency_counts_in_the_bucket_whose_bound_holds_it() -> None:
    """A bound belongs to its own bucket; what is slower than all is in the last one."""
    lines = [access_line(at(0), duration_us=us) for us in (0, 1_000, 1_001, 60_000_000, 60_000_001)]
    (row,) = tally_of(*lines).rows.values()
    histogram = row[len(COLUMNS) :]
    assert len(histogram) == len(BUCKETS_MS) + 1
    assert (histogram[0], histogram[1], histogram[-2], histogram[-1]) == (2, 1, 1, 1)


def test_customers_beyond_the_limit_are_other() -> None:
    """Strangers' names are bounded; a declared customer always keeps its name."""
    lines = [access_line(at(n), customer=f"c{n}") for n in range(5)] + [access_line(at(9), customer="acme")]
    tally = tally_of(*lines, declared=frozenset({"acme"}), limit=2)
    assert customers(tally) == {"c0", "c1", "other", "acme"}
    assert tally.rows["prod", "digits", RELEASE, "other"][0] == 3


def test_absent_customer_is_unknown_and_reserved_names_are_nobodys() -> None:
    """Nobody can write his requests to a name that the ledger gives a meaning."""
    lines = [access_line(at(0), customer=name) for name in (None, "", "none", "unmetered", "unknown")]
    assert customers(tally_of(*lines, limit=1)) == {"unknown"}


def test_very_long_name_is_other() -> None:
    """A header cannot fill the ledger."""
    assert customers(tally_of(access_line(at(0), customer="x" * 60_000))) == {"other"}


def test_domain_reader_tells_the_same_times() -> None:
    """The meter's fast path and the domain's line agree on when a request ended."""
    raw = access_line(at(12.345678))
    line = parse_access_line(raw)
    assert line.end == at(12.345678)
    assert (line.end - at(0)) / timedelta(microseconds=1) == read_line(json.loads(raw)).end_us - at(0).timestamp() * 1e6
