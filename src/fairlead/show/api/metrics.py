"""The fleet as Prometheus text (exposition format 0.0.4): loop, incidents, releases, requests, cost, delivery."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from fairlead.domain.incident import Incident
from fairlead.flows.delivery_metrics import DeliveryMetrics
from fairlead.flows.fleet import Fleet, FleetRow, Health
from fairlead.flows.scaling.view import ScalingView
from fairlead.kernel.money import Money, plain

__all__ = ["CONTENT_TYPE", "Sample", "exposition", "samples"]

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

_HELP = {
    "loop_running": "Whether the control loop runs (1) or not (0).",
    "git_synced": "Whether what Git declares is live everywhere.",
    "git_fetched_timestamp_seconds": "When the repository was last read.",
    "metered_timestamp_seconds": "End of the last closed metering window.",
    "journal_records": "Records in the journal.",
    "incidents_open": "Incidents that are open.",
    "release_info": "What is live; always 1.",
    "model_health": "1 for the state that the model is in, 0 for the others.",
    "servers_ready": "Servers that answer as ready.",
    "servers_wanted": "Servers that Git declares.",
    "scaling_ordered": "Servers that the scaler has ordered, or would order.",
    "scaling_min": "Fewest servers that the scaler may order.",
    "scaling_max": "Most servers that the scaler may order.",
    "scaling_demand_known": "Whether the scaler knows the demand (1) or not (0).",
    "cold_starts": "Starts from no server since scaling began.",
    "cold_start_seconds": "Time from the first waiting request to a server that answers, over all cold starts.",
    "held_requests": "Requests that waited for a start, those included that waited in vain.",
    "held_seconds": "Time that requests waited for a start, in all.",
    "held_refused": "Requests that waited for a start in vain.",
    "release_requests": "Requests metered since the release went live.",
    "release_errors": "Failed requests metered since the release went live.",
    "latency_p99_seconds": "99th percentile of latency.",
    "cost_month": "Cost measured in this calendar month.",
    "cost_month_expected": "Monthly cost that the plan expects.",
    "cost_per_1k": "Cost of a thousand inferences since the release went live.",
    "delivery_lead_time_seconds": "From commit to all traffic, of the releases that went live in the last 30 days.",
    "delivery_deployments_per_day": "Releases that got all traffic for the first time, in the last 30 days.",
    "delivery_change_failure_ratio": "Changes that were taken back, of those that got traffic in the last 30 days.",
    "delivery_recovery_seconds": "From a bad release or an outage to good service, in the last 30 days.",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a metric. What is not known has no sample: Prometheus shows a gap, never a zero."""

    metric: str
    labels: tuple[tuple[str, str], ...]
    value: str


def samples(
    fleet: Fleet, incidents: Iterable[Incident], records: int, delivery: Iterable[DeliveryMetrics]
) -> list[Sample]:
    """All samples, in no order."""
    found = [*_loop(fleet), Sample("journal_records", (), str(records))]
    open_now = Counter((each.environment, each.model, each.kind) for each in incidents)
    for (environment, model, kind), count in open_now.items():
        found.append(_sample("incidents_open", str(count), environment=environment, model=model, kind=kind))
    for row in fleet.rows:
        found += _row(row)
    for each in delivery:
        found += _delivery(each)
    return found


def exposition(values: Iterable[Sample]) -> str:
    """The text of the samples, family by family; every family has its help and type, also where it has no sample."""
    families: dict[str, list[Sample]] = {name: [] for name in _HELP}
    for sample in values:
        families[sample.metric].append(sample)
    return "".join(_family(name, members) for name, members in families.items())


def _family(name: str, members: list[Sample]) -> str:
    lines = [f"# HELP fairlead_{name} {_HELP[name]}", f"# TYPE fairlead_{name} gauge"]
    lines += [f"fairlead_{name}{_labels(dict(sample.labels))} {sample.value}" for sample in members]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    pairs = ",".join(f'{key}="{_escaped(value)}"' for key, value in labels.items())
    return f"{{{pairs}}}" if pairs else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _sample(metric: str, value: str, **labels: str) -> Sample:
    return Sample(metric, tuple(labels.items()), value)


def _loop(fleet: Fleet) -> Iterator[Sample]:
    fresh = fleet.freshness
    yield _sample("loop_running", str(int(fresh.control == "running")))
    yield _sample("git_synced", str(int(fleet.synced)))
    if fresh.fetched is not None:
        yield _sample("git_fetched_timestamp_seconds", f"{fresh.fetched.timestamp():.3f}")
    if fresh.metered is not None:
        yield _sample("metered_timestamp_seconds", f"{fresh.metered.timestamp():.3f}")


def _row(row: FleetRow) -> Iterator[Sample]:
    at = {"environment": row.environment, "model": row.model}
    if row.release:
        yield _sample("release_info", "1", **at, release=row.release, digest=row.digest, owner=row.owner)
    for health in Health:
        yield _sample("model_health", str(int(row.health is health)), **at, health=health.value)
    yield _sample("servers_ready", str(row.ready), **at)
    yield _sample("servers_wanted", str(row.replicas), **at)
    if row.requests is not None:
        yield _sample("release_requests", str(row.requests), **at)
    if row.errors is not None:
        yield _sample("release_errors", str(row.errors), **at)
    if row.p99_ms is not None:
        yield _sample("latency_p99_seconds", repr(row.p99_ms / 1000), **at)
    yield from _scaling(row.scaling, at)
    yield from _money("cost_month", row.month, at)
    yield from _money("cost_month_expected", row.expected, at)
    yield from _money("cost_per_1k", row.per_1k, at)


def _delivery(told: DeliveryMetrics) -> Iterator[Sample]:
    at, figures = {"environment": told.environment, "model": told.model}, told.figures
    for metric, spread in (("lead_time_seconds", figures.lead_time), ("recovery_seconds", figures.recovery)):
        # `quantile` is a summary's own label, and these are gauges.
        for statistic, value in (("median", spread.median_s), ("p90", spread.p90_s)):
            if value is not None:
                yield _sample(f"delivery_{metric}", repr(value), **at, statistic=statistic)
    for metric, value in (
        ("deployments_per_day", figures.per_day),
        ("change_failure_ratio", figures.failure_rate),
    ):
        if value is not None:
            yield _sample(f"delivery_{metric}", repr(value), **at)


def _scaling(scaling: ScalingView | None, at: Mapping[str, str]) -> Iterator[Sample]:
    if scaling is None:
        return
    if scaling.ordered is not None:
        yield _sample("scaling_ordered", str(scaling.ordered), **at, mode=scaling.mode)
    yield _sample("scaling_min", str(scaling.least), **at)
    yield _sample("scaling_max", str(scaling.most), **at)
    yield _sample("scaling_demand_known", str(int(not scaling.blind)), **at)
    yield _sample("cold_starts", str(scaling.cold_starts), **at)
    yield _sample("cold_start_seconds", repr(scaling.start_ms / 1000), **at)
    yield _sample("held_requests", str(scaling.held), **at)
    yield _sample("held_seconds", repr(scaling.held_ms / 1000), **at)
    yield _sample("held_refused", str(scaling.refused), **at)


def _money(metric: str, money: Money | None, at: Mapping[str, str]) -> Iterator[Sample]:
    if money is not None:
        yield _sample(metric, plain(money.amount), **at, currency=money.currency)
