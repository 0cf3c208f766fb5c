"""Manifests and plans as a check sees them: subjects for policies, what runs, and what it costs before and after."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from fairlead.check.price_age import stale_components
from fairlead.declare.manifests.infrastructure import read_infrastructure
from fairlead.declare.manifests.workloads import workloads
from fairlead.domain.finding import Finding
from fairlead.domain.infrastructure import Assumptions, Infrastructure, Manifest, Resource, Workload
from fairlead.domain.plan import CostComponent, total
from fairlead.domain.policy import Subject
from fairlead.domain.price_book import PriceBook
from fairlead.domain.report import Cost, Running
from fairlead.kernel.errors import UsageError
from fairlead.kernel.money import Money
from fairlead.plan.infrastructure.resources import price_resource
from fairlead.plan.infrastructure.workloads import price_workload
from fairlead.ports import ListPrices, Tree

__all__ = ["Prices", "Surroundings", "gather", "read_plans"]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around the models: subjects to judge, things that run, costs, and what could not be read."""

    subjects: tuple[Subject, ...] = ()
    running: tuple[Running, ...] = ()
    costs: tuple[Cost, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Prices:
    """What is priced by: workloads by a book, cloud resources by lists. `today` tells what of them is too old."""

    book: PriceBook | None
    lists: ListPrices
    today: date


def gather(
    manifests: Sequence[Manifest], plans: Sequence[Infrastructure], prices: Prices, assumptions: Assumptions
) -> Surroundings:
    """What is to be judged and priced in manifests and plans."""
    everything = [*manifests, *(each for plan in plans for each in plan.manifests)]
    found = workloads(everything)
    resources = [each for plan in plans for each in plan.resources]
    of_workloads = [(each, price_workload(each, prices.book)) for each in found]
    of_resources = [(each, price_resource(each, assumptions, prices.lists)) for each in resources]
    return Surroundings(
        subjects=(*_subjects(everything, resources), *_plans(plans)),
        running=tuple(_running(found)),
        costs=(*_workload_costs(of_workloads), *_resource_costs(of_resources, assumptions)),
        findings=(
            *(each for plan in plans for each in plan.findings),
            *_stale(of_workloads, of_resources, prices.today),
        ),
    )


def read_plans(tree: Tree, paths: Iterable[str]) -> list[Infrastructure]:
    """The infrastructure files at `paths` of a tree. UsageError for one that is not there."""
    return [_plan(tree, path) for path in paths]


def _plan(tree: Tree, path: str) -> Infrastructure:
    entry = tree.entry(path)
    if entry is None or entry.kind != "blob":
        mend = "name a file: `terraform show -json`, `pulumi preview --json`, or rendered manifests"
        raise UsageError("there is no such file", where=path, mend=mend)
    with tree.open(entry) as stream:
        return read_infrastructure(path, stream.read(_LARGEST + 1))


_LARGEST = 64 << 20


def _resource_documents(resources: Iterable[Resource]) -> Iterator[dict[str, Any]]:
    """Planned resources as Kubernetes-like objects, so that one rule form judges everything."""
    for each in resources:
        yield {
            "apiVersion": "fairlead.dev/v1alpha1",
            "kind": "Resource",
            "metadata": {"name": each.address},
            "type": each.type,
            "provider": each.provider,
            "region": each.region,
            "action": each.action.value,
            "before": each.before,
            "after": each.after,
            "unknown": sorted(each.unknown),
        }


def _subjects(manifests: Iterable[Manifest], resources: Sequence[Resource]) -> Iterator[Subject]:
    for each in manifests:
        places = {at: (line, 1) for at, line in each.lines.items()}
        yield Subject(each.kind, each.name, each.document, each.path, each.line, places=places)
    for resource, document in zip(resources, _resource_documents(resources), strict=True):
        yield Subject("Resource", resource.address, document, resource.path, resource.line)


def _plans(plans: Iterable[Infrastructure]) -> Iterator[Subject]:
    """Each plan as its tool wrote it: conftest's rules for plans take `input.resource_changes`."""
    for plan in plans:
        if plan.document is not None:
            yield Subject(plan.kind.value, plan.path, plan.document, plan.path, 0, whole=True)


def _running(found: Iterable[Workload]) -> Iterator[Running]:
    for workload in found:
        for model in workload.models:
            yield Running(workload.kind, workload.name, model.uri, model.pin.value, model.path, model.line)
        for image in workload.images:
            yield Running(workload.kind, workload.name, image.reference, image.pin.value, image.path, image.line)


_OfWorkload = tuple[Workload, tuple[CostComponent, ...]]
_OfResource = tuple[Resource, tuple[tuple[CostComponent, ...], tuple[CostComponent, ...]]]


def _stale(of_workloads: Iterable[_OfWorkload], of_resources: Iterable[_OfResource], today: date) -> Iterator[Finding]:
    """Of each file, that it was priced by what was said too long ago."""
    by_path: dict[str, list[CostComponent]] = {}
    for workload, parts in of_workloads:
        by_path.setdefault(workload.path, []).extend(parts)
    for resource, (_, after) in of_resources:
        by_path.setdefault(resource.path, []).extend(after)
    for path, components in by_path.items():
        yield from stale_components(path, components, today)


def _workload_costs(found: Iterable[_OfWorkload]) -> Iterator[Cost]:
    for workload, parts in found:
        name = f"{workload.kind} {workload.namespace}/{workload.name}".replace(" /", " ")
        yield Cost(name, "", None, total(parts), unpriced=_unpriced(parts))


def _resource_costs(found: Iterable[_OfResource], assumptions: Assumptions) -> Iterator[Cost]:
    for resource, (before, after) in found:
        if before or after:
            usage = assumptions.of(resource.address)
            source = usage.source if usage else ""
            old, new = total(before), total(after)
            if resource.before is None and new is not None:
                old = Money(Decimal(0), new.currency)
            if resource.after is None and old is not None:
                new = Money(Decimal(0), old.currency)
            yield Cost(resource.address, "", old, new, None, None, _unpriced(after), source)


def _unpriced(parts: Iterable[CostComponent]) -> tuple[str, ...]:
    """The components without a price, each with the reason."""
    return tuple(f"{each.name}: {each.source}" for each in parts if each.monthly is None)
