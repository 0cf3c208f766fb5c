"""The collector against a real Prometheus, whose samples are known: windows, resets, gaps, and what a GPU hour is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import httpx2
import pytest

from fairlead.drivers.prometheus import Prometheus
from fairlead.kernel.windows import Window
from fairlead.meter.collectors.base import Gap, UsageRow
from fairlead.meter.collectors.joining import NODES, PODS, joined
from fairlead.meter.collectors.labelling import chosen_labels
from fairlead.meter.collectors.outcome import QueryReport
from fairlead.meter.collectors.prometheus import QueryCollector
from fairlead.meter.collectors.prometheus_metrics import queries_of
from fairlead.meter.collectors.series import Series
from tests.contract.prometheus.server import Samples, backfilled, demand_prometheus, running, value_at

BEGIN = 1_793_491_200
"""2026-11-01T00:00:00Z."""

STEP = timedelta(minutes=5)


def at(minutes: float) -> datetime:
    """So many minutes after BEGIN."""
    return datetime.fromtimestamp(BEGIN, UTC) + timedelta(minutes=minutes)


def every(seconds: int, first: float, last: float, value: object) -> list[tuple[float, float | str]]:
    """Samples each so many seconds from minute `first` up to and with `last`; `value` is a number, or a function."""
    moments = range(int(first * 60), int(last * 60) + 1, seconds)
    return [(BEGIN + moment, value(moment) if callable(value) else value) for moment in moments]  # type: ignore[misc]


def instance(number: int) -> str:
    """One of seven instances of a GPU; the first three are held."""
    pod = f'exported_pod="q-{number}",' if number < 3 else ""
    return (
        f'DCGM_FI_PROF_GR_ENGINE_ACTIVE{{{pod}UUID="GPU-b",Hostname="i-1",GPU_I_ID="{number}",'
        'GPU_I_PROFILE="1g.5gb",modelName="NVIDIA A100"}'
    )


SAMPLES: Samples = {
    # 2 tokens a second; a restart after 17 minutes; a hole from 30 to 45; nothing after 55.
    'vllm:prompt_tokens_total{model_name="m",namespace="ml",pod="m-0"}': [
        *every(15, -10, 17, lambda second: 2 * (second + 600)),
        *every(15, 17.25, 30, lambda second: 2 * (second - 1020)),
        *every(15, 45, 55, lambda second: 2 * (second - 1020)),
    ],
    # Begins within the span, at 500; then 7,000 come between two scrapes (10 s past the half minute); then nothing.
    'vllm:prompt_tokens_total{model_name="n",namespace="ml",pod="n-0"}': [
        *every(30, 12.17, 21.17, 500),
        *every(30, 21.67, 60.17, 7500),
    ],
    'vllm:generation_tokens_total{model_name="m"}': every(15, -10, 60, lambda second: f"{0.1 * second + 60:.17g}"),
    # 4 GiB, then 2 GiB from minute 7.5; gone after 20.
    'container_memory_working_set_bytes{container="c",namespace="ml",node="i-1",pod="m-0"}': [
        *every(30, -5, 7, 4 * 2**30),
        *every(30, 7.5, 20, 2 * 2**30),
    ],
    'container_memory_working_set_bytes{container="",namespace="ml",node="i-1",pod="m-0"}': every(30, -5, 60, 9e9),
    # Four pods on one GPU by time slices, for the hour: each of their series says the same of the whole.
    **{
        f'DCGM_FI_PROF_GR_ENGINE_ACTIVE{{UUID="GPU-a",Hostname="i-1",exported_pod="p-{pod}",pod="dcgm"}}': every(
            30, -5, 66, 0.5
        )
        for pod in range(4)
    },
    # Seven instances of a GPU, three of them held.
    **{instance(number): every(30, -5, 66, 1) for number in range(7)},
    'kube_node_info{node="i-1",provider_id="aws:///eu-west-1a/i-0a1b"}': every(60, 0, 60, 1),
    'kube_node_info{node="i-9",provider_id="aws:///eu-west-1a/i-0c1"}': every(60, 0, 10, 1),
    'kube_node_info{node="i-9",provider_id="aws:///eu-west-1a/i-0c2"}': every(60, 20, 60, 1),
    'kube_pod_labels{namespace="ml",pod="m-0",label_team="search"}': every(60, 0, 60, 1),
    # Utilisation tells of the first GPU again, and alone of the third, from minute 30.
    'DCGM_FI_DEV_GPU_UTIL{UUID="GPU-a",Hostname="i-1",exported_pod="p-0"}': every(30, -5, 66, 50),
    'DCGM_FI_DEV_GPU_UTIL{UUID="GPU-c",Hostname="i-2",exported_pod="r"}': every(30, 30, 66, 25),
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with these samples."""
    demand_prometheus()
    folder = tmp_path_factory.mktemp("prometheus")
    with running(folder, backfilled(folder, SAMPLES)) as there:
        yield there


class Answer:
    """What queries told of a span of minutes after BEGIN."""

    def __init__(
        self, address: str, *queries: str, labels: Sequence[str] = (), longest: timedelta | None = None
    ) -> None:
        self._longest = longest
        self.halved = 0
        self.rows: list[UsageRow] = []
        self.gaps: list[Gap] = []
        self.reports: list[QueryReport] = []
        chosen, told = chosen_labels(labels), set[str]()
        with httpx2.Client(trust_env=False) as client:
            self._server = Prometheus(client, address)
            for query in queries_of(queries):
                labelling = replace(chosen, keep=(*chosen.keep, *query.keep))
                collector = QueryCollector(query, self._ask, STEP, labelling, told)
                for each in collector.collect(Window(at(0), at(60))):
                    (self.rows if isinstance(each, UsageRow) else self.gaps).append(each)  # type: ignore[arg-type]
                self.reports.append(collector.report())

    def by_window(self, **columns: str) -> dict[float, Decimal]:
        """Quantity by the window's first minute, of the rows with these columns."""
        chosen = [row for row in self.rows if all(getattr(row, name) == value for name, value in columns.items())]
        found: dict[float, Decimal] = {}
        for row in chosen:
            minute = (row.window_start - at(0)) / timedelta(minutes=1)
            found[minute] = found.get(minute, Decimal(0)) + row.quantity
        return found

    def _ask(self, selector: str, after: int, upto: int) -> Sequence[Series] | None:
        if self._longest and timedelta(milliseconds=upto - after) > self._longest:
            self.halved += 1
            return None
        found = self._server.samples(selector, after, upto)
        return None if found is None else [Series(*each) for each in found]


def test_windows_sum_to_what_the_counter_rose_by(address: str) -> None:
    """Each window has the difference of its samples; a restart counts from zero; a hole is no row and no zero."""
    told = Answer(address, "vllm/input-tokens").by_window(model="m")
    assert told == {
        **dict.fromkeys((0, 5, 10), Decimal(600)),
        # To minute 17 the old process, 240; from then on the new one, which was at 30 at its first sample.
        15: Decimal(240) + Decimal(360),
        **dict.fromkeys((20, 25), Decimal(600)),
        **dict.fromkeys((45, 50), Decimal(600)),
    }


def test_gaps_are_told_with_what_was_missed(address: str) -> None:
    """The hole is told, with what the counter rose by in it; so is a counter that began at an unknown figure."""
    answer = Answer(address, "vllm/input-tokens")
    (gap,) = answer.gaps
    assert (gap.start, gap.end, gap.missed) == (at(30), at(45), Decimal(1800))
    assert "pod=m-0" in gap.series
    (report,) = answer.reports
    assert (report.answer, report.series, report.resets, report.gaps) == ("data", 2, 1, 1)
    assert (report.begun, report.uncounted) == (1, Decimal(500))


def test_a_burst_stays_in_its_window(address: str) -> None:
    """What came at once is in the five minutes in which it came, and windows without use are a measured zero."""
    told = Answer(address, "vllm/input-tokens").by_window(model="n")
    assert told[20] == Decimal(7000)
    assert {minute: amount for minute, amount in told.items() if minute != 20} == dict.fromkeys(
        (10, 15, 25, 30, 35, 40, 45, 50, 55), Decimal(0)
    )


def test_increase_would_have_told_something_else(address: str) -> None:
    """Prometheus' own increase() stretches the burst's window; ours is what was counted."""
    (stretched,) = value_at(address, 'increase(vllm:prompt_tokens_total{model_name="n"}[5m])', BEGIN + 25 * 60).values()
    assert stretched > 7000
    assert Answer(address, "vllm/input-tokens").by_window(model="n")[20] == 7000


def test_doubles_are_taken_as_they_are_written(address: str) -> None:
    """Differences are of the doubles' shortest decimal forms, so that 30 is 30 and not 29.999999999999996."""
    told = Answer(address, "vllm/output-tokens").by_window(model="m")
    assert set(told) == {float(minute) for minute in range(0, 60, 5)}
    assert set(told.values()) == {Decimal(30)}


def test_a_gauge_is_integrated(address: str) -> None:
    """A sample holds until the next; the last one for as long as samples are apart; then nothing is known, not zero."""
    answer = Answer(address, "cadvisor/memory")
    told = answer.by_window()
    assert told == {
        0: Decimal(4 * 300),
        5: Decimal(4 * 150 + 2 * 150),
        10: Decimal(2 * 300),
        15: Decimal(2 * 300),
        20: Decimal(2 * 30),
    }
    assert {(row.resource, row.pod, row.role) for row in answer.rows} == {("i-1", "m-0", "used")}
    assert [(gap.series, gap.start, gap.end) for gap in answer.gaps] == [("every series", at(20), at(60))]


def test_four_quarters_of_a_gpu_are_one_gpu_hour(address: str) -> None:
    """Four pods that share a GPU reserve 900 s each of its hour, and together use what it was busy."""
    rows = [row for row in Answer(address, "dcgm/engine-active").rows if row.labels.get("UUID") == "GPU-a"]
    reserved = {
        f"p-{pod}": sum(row.quantity for row in rows if row.role == "reserved" and row.pod == f"p-{pod}")
        for pod in range(4)
    }
    assert reserved == dict.fromkeys(reserved, Decimal(900))
    assert sum(row.quantity for row in rows if row.role == "used") == 1800
    capacity = [row for row in rows if row.role == "capacity"]
    assert sum(row.quantity for row in capacity) == 3600
    assert {(row.pod, row.resource) for row in capacity} == {("", "i-1")}


def test_seven_slices_are_one_gpu_hour(address: str) -> None:
    """Three of seven instances are held: each a seventh to nine digits; all seven busy are the GPU's hour exactly."""
    rows = [row for row in Answer(address, "dcgm/engine-active").rows if row.labels.get("UUID") == "GPU-b"]
    used = sum((row.quantity for row in rows if row.role == "used"), Decimal(0))
    assert used == 3600
    reserved = sum((row.quantity for row in rows if row.role == "reserved"), Decimal(0))
    assert abs(reserved - Decimal(3600) * 3 / 7) < Decimal("1e-7")
    assert sum(row.quantity for row in rows if row.role == "capacity") == 3600


def test_one_gpu_is_told_by_one_query(address: str) -> None:
    """Utilisation is taken where the better figure is not there, and only then; what was unseen is not its capacity."""
    answer = Answer(address, "dcgm")
    by_utilisation = [row for row in answer.rows if row.source_file == "prometheus:dcgm/utilisation"]
    assert {row.labels["UUID"] for row in by_utilisation} == {"GPU-c"}
    roles = {role: sum(row.quantity for row in by_utilisation if row.role == role) for role in ("used", "capacity")}
    assert roles == {"used": Decimal(450), "capacity": Decimal(1800)}


def test_labels_say_who_it_was(address: str) -> None:
    """Labels are read into columns by their usual names, and by those that are given, which go first."""
    row = Answer(address, "vllm/input-tokens").rows[0]
    assert (row.model, row.namespace, row.pod, row.team) == ("m", "ml", "m-0", "")
    chosen = Answer(address, "vllm/input-tokens", labels=["team=namespace", "pod"]).rows[0]
    assert (chosen.team, chosen.labels) == ("ml", {"pod": "m-0"})


def test_pod_labels_and_bills_ids_are_joined(address: str) -> None:
    """What kube-state-metrics knows of a pod and of its node stands in the row; a reused node's name stays a name."""
    with httpx2.Client(trust_env=False) as client:
        server = Prometheus(client, address)
        span = (BEGIN * 1000, (BEGIN + 3600) * 1000)
        known = joined(server.labels(NODES, *span), server.labels(PODS, *span))
    assert (known.nodes, known.ambiguous) == ({"i-1": "i-0a1b"}, ("i-9",))
    labelling = replace(chosen_labels(["team=label_team"]), known=known)
    row = labelling.consumer({"node": "i-1", "namespace": "ml", "pod": "m-0"})
    assert {name: value for name, value in row.columns if value} == {
        "resource": "i-0a1b",
        "team": "search",
        "namespace": "ml",
        "pod": "m-0",
    }


def test_pieces_make_no_difference(address: str) -> None:
    """However a span is cut into answers, the windows are the same: also where an answer is too large and is halved."""
    queries = ("vllm", "cadvisor", "dcgm")
    whole, cut = Answer(address, *queries), Answer(address, *queries, longest=timedelta(minutes=20))
    assert cut.halved
    assert not whole.halved
    assert sorted(cut.rows, key=repr) == sorted(whole.rows, key=repr)
    assert sorted(cut.gaps, key=repr) == sorted(whole.gaps, key=repr)


def test_nothing_is_said_to_be_nothing(address: str) -> None:
    """A metric that the server does not have is told as such."""
    answer = Answer(address, "triton/requests")
    assert (answer.rows, answer.reports[0].answer, answer.reports[0].series) == ([], "none", 0)
