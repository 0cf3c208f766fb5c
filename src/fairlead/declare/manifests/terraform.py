"""A plan of Terraform or OpenTofu (`show -json`) -> resources before and after.

Format: "JSON Output Format" in HashiCorp's and OpenTofu's documentation; every 1.x of it, and 0.x before 1.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fairlead.declare.manifests.cloud import normal_region, region_of
from fairlead.declare.manifests.documents import manifests_of
from fairlead.declare.manifests.pods import mapping, sequence
from fairlead.declare.manifests.sensitive import plan_document
from fairlead.declare.manifests.terraform_links import Links, states
from fairlead.declare.yaml_text import shorten
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.infrastructure import Change, InfraDocument, Infrastructure, Manifest, Resource

__all__ = ["is_plan", "read_plan"]

_MAX_RESOURCES = 100_000
_ACTIONS = {
    ("create",): Change.CREATE,
    ("update",): Change.UPDATE,
    ("delete",): Change.DELETE,
    ("delete", "create"): Change.REPLACE,
    ("create", "delete"): Change.REPLACE,
    ("forget", "create"): Change.REPLACE,
    ("create", "forget"): Change.REPLACE,
    ("no-op",): Change.NO_OP,
    ("forget",): Change.FORGET,
}
_PROVIDERS = {"aws": "aws", "azurerm": "azure", "azapi": "azure", "google": "google", "google-beta": "google"}


def is_plan(data: object) -> bool:
    """Whether the content is such a plan."""
    return (
        isinstance(data, dict) and "format_version" in data and ("resource_changes" in data or "planned_values" in data)
    )


def read_plan(path: str, plan: Mapping[str, Any]) -> Infrastructure:
    """All managed resources of the plan. What the plan says of itself that makes it useless is a finding."""
    findings = list(_plan_findings(path, plan))
    changes = [each for each in map(mapping, sequence(plan.get("resource_changes"))) if each.get("mode") != "data"]
    if len(changes) > _MAX_RESOURCES:
        message = f"the plan has more than the {_MAX_RESOURCES} resources that are read"
        findings.append(_finding(path, "infra/too-large", message, "plan fewer resources at once"))
        changes = changes[:_MAX_RESOURCES]
    links = Links(plan, changes)
    resources, manifests = [], []
    for change in changes:
        resource = _resource(path, change, links)
        if resource is None:
            message = f"the change of {shorten(str(change.get('address')))} has no actions that are known"
            findings.append(
                _finding(path, "infra/unknown-action", message, "write the plan with a newer fairlead at hand")
            )
            continue
        resources.append(resource)
        manifests += _manifests(path, resource)
    found = (tuple(resources), tuple(manifests), tuple(sorted(findings)))
    return Infrastructure(InfraDocument.TERRAFORM_PLAN, *found, plan_document(plan), path)


def _plan_findings(path: str, plan: Mapping[str, Any]) -> Iterator[Finding]:
    version = str(plan.get("format_version"))
    if version.partition(".")[0] not in {"0", "1"}:
        message = f"the plan's format {shorten(version)} is not known; 1.x is"
        yield _finding(path, "infra/unknown-format", message, "plan with a version whose format is 1.x")
    if plan.get("errored") is True:
        message = "the plan ended with an error, and is not whole"
        yield _finding(path, "infra/incomplete-plan", message, "mend what `terraform plan` says and plan again")
    elif plan.get("complete") is False and plan.get("applyable") is True:
        message = "the plan leaves changes to a later run: it is not whole"
        yield Finding(path, 0, 0, "infra/incomplete-plan", message, "plan again after it", Severity.WARNING)
    if "resource_changes" not in plan and mapping(plan.get("planned_values")).get("root_module"):
        message = "the plan names no changes"
        yield _finding(
            path, "infra/incomplete-plan", message, "write `terraform show -json PLAN`, of a plan, not a state"
        )


def _resource(path: str, change: Mapping[str, Any], links: Links) -> Resource | None:
    about = mapping(change.get("change"))
    action = _ACTIONS.get(tuple(str(each) for each in sequence(about.get("actions"))))
    if action is None:
        return None
    before, after = states(about)
    kind = str(change.get("type") or "")
    provider = _provider(change, kind)
    unknown = about.get("after_unknown")
    names = {str(name) for name, value in mapping(unknown).items() if _any_unknown(value)}
    linked_before, linked_after = links.of(change, kind)
    own = region_of(provider, after or before or {}) or region_of(provider, linked_after or linked_before or {})
    region = own or normal_region(provider, links.region(change))
    return Resource(
        address=str(change.get("address") or ""),
        type=kind,
        provider=provider,
        region=region,
        path=path,
        line=0,
        action=action,
        before=before,
        after=after,
        unknown=frozenset(names),
        linked_before=linked_before,
        linked_after=linked_after,
        native_type=kind,
    )


def _provider(change: Mapping[str, Any], kind: str) -> str:
    name = str(change.get("provider_name") or kind.partition("_")[0]).rpartition("/")[2]
    return _PROVIDERS.get(name, name)


def _any_unknown(value: object) -> bool:
    """Whether anything in an `after_unknown` value is true, to any depth (the reader has bounded it)."""
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if each is True:
            return True
        waiting += each.values() if isinstance(each, dict) else each if isinstance(each, list) else ()
    return False


def _manifests(path: str, resource: Resource) -> list[Manifest]:
    """The Kubernetes document of a `kubernetes_manifest` or `kubectl_manifest`, as it will be."""
    document = mapping(resource.after).get("manifest")
    if resource.type == "kubernetes_manifest" and isinstance(document, dict):
        return manifests_of(path, document)
    return []


def _finding(path: str, rule: str, message: str, mend: str) -> Finding:
    return Finding(path, 0, 0, rule, message, mend, Severity.INSUFFICIENT)
