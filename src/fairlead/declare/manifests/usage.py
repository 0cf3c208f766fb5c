"""`fairlead-usage.yaml` -> what somebody assumes about the use of resources, each with who says so."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from fairlead.declare.document import read_document
from fairlead.domain.declaration import Spec
from fairlead.domain.finding import Finding
from fairlead.domain.infrastructure import Assumptions, Usage
from fairlead.domain.quantity import Exact
from fairlead.ports import Tree

__all__ = ["USAGE_FILE", "AssumedUsage", "DeclaredUsage", "UsageSpec", "read_usage"]

USAGE_FILE = "fairlead-usage.yaml"


class AssumedUsage(Spec):
    """How much one resource is used in a month."""

    requests_per_month: Exact | None = Field(default=None, ge=0, description="Requests, or executions of a function.")
    average_milliseconds: Exact | None = Field(default=None, ge=0, description="Average duration of a request.")
    hours_per_month: Exact | None = Field(
        default=None, ge=0, le=744, description="Hours that each machine runs; 730 where this is not said."
    )


class UsageSpec(Spec):
    """Assumptions about use, for prices that depend on it."""

    source: str = Field(min_length=1, description="Who assumes this, from what, when. Every cost that uses it says so.")
    resources: dict[str, AssumedUsage] = Field(
        default_factory=dict, description="By address: `aws_lambda_function.score`, or a URN of Pulumi's."
    )
    otherwise: AssumedUsage | None = Field(default=None, description="For every resource that is not named.")


@dataclass(frozen=True, slots=True)
class DeclaredUsage:
    """The assumptions of a file, none where there is no file, and what is wrong with it."""

    assumptions: Assumptions
    findings: tuple[Finding, ...]


def read_usage(tree: Tree, path: str = USAGE_FILE) -> DeclaredUsage:
    """The assumptions in the tree's usage file."""
    entry = tree.entry(path)
    if entry is None:
        return DeclaredUsage(Assumptions(), ())
    document = read_document(UsageSpec, tree, entry)
    if document.spec is None:
        return DeclaredUsage(Assumptions(), tuple(document.findings))
    spec = document.spec
    source = f"{path}: {spec.source}"
    by_address = {address: _usage(each, source) for address, each in spec.resources.items()}
    otherwise = None if spec.otherwise is None else _usage(spec.otherwise, f"{source} (for all that are not named)")
    return DeclaredUsage(Assumptions(by_address, otherwise), tuple(document.findings))


def _usage(said: AssumedUsage, source: str) -> Usage:
    return Usage(source, said.requests_per_month, said.average_milliseconds, said.hours_per_month)
