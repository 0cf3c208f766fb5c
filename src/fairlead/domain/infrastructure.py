"""Infrastructure that others' tools declare: Kubernetes manifests, what runs from them, a cloud plan's resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from fairlead.domain.finding import Finding
from fairlead.kernel.errors import FairleadError

__all__ = [
    "ArgoApplication",
    "Assumptions",
    "Change",
    "Image",
    "InfraDocument",
    "Infrastructure",
    "JsonPath",
    "KustomizeError",
    "Manifest",
    "Manifests",
    "ModelReference",
    "Pin",
    "PodResources",
    "Replicas",
    "Resource",
    "Usage",
    "Workload",
]

JsonPath = tuple[str | int, ...]
"""Keys and indexes from a document's root to one of its values."""


class KustomizeError(FairleadError):
    """A kustomization could not be rendered: the program answered with an error, or did not answer in time."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One Kubernetes document. `document` is plain JSON data; `lines` gives a value's line by its path in it.

    `path` and `line` are where it is written; `origin` is the kustomization that rendered it, or empty. A document that
    a kustomization made up has the kustomization itself as its place.
    """

    path: str
    line: int
    api_version: str
    kind: str
    name: str
    namespace: str
    document: Mapping[str, Any]
    lines: Mapping[JsonPath, int] = field(default_factory=dict)
    origin: str = ""

    def line_of(self, at: JsonPath) -> int:
        """The line of the value at that path, or of the nearest thing above it."""
        return next((self.lines[at[:end]] for end in range(len(at), 0, -1) if at[:end] in self.lines), self.line)

    @property
    def group(self) -> str:
        """The API group, empty for the core group: `apps` of `apps/v1`."""
        return self.api_version.rpartition("/")[0]


@dataclass(frozen=True, slots=True)
class Manifests:
    """All Kubernetes documents of a tree, in order of place, and what could not be read."""

    documents: tuple[Manifest, ...]
    findings: tuple[Finding, ...]


class Pin(StrEnum):
    """How firmly a reference says what runs."""

    DIGEST = "digest"
    """Content that cannot change: a digest, a commit, an object's generation."""
    TAG = "tag"
    """A version by name: an image's tag, a Git tag. Somebody can move it."""
    MOVING = "moving"
    """A name that is meant to move: no tag, `latest`, a branch, a bucket's path."""
    UNKNOWN = "unknown"
    """A placeholder, or a form that nobody here can read."""


@dataclass(frozen=True, slots=True)
class Image:
    """A container image that a workload runs."""

    reference: str
    pin: Pin
    container: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class ModelReference:
    """A model that a workload loads, as the manifest names it; `source` says which field or argument did."""

    uri: str
    pin: Pin
    source: str
    path: str
    line: int


@dataclass(frozen=True, slots=True)
class PodResources:
    """What one replica asks for: cores, bytes of memory, accelerators. None: it does not say.

    `gpu_type` is a kind such as `L4` or `A100-80GB` where the manifest tells it, else as much as it says.
    """

    cpu: Decimal | None = None
    memory: int | None = None
    gpu: Decimal = Decimal(0)
    gpu_type: str = ""


@dataclass(frozen=True, slots=True)
class Replicas:
    """How many run. `least` and `most` are None where nothing says so; `reason` says why no number of hours follows.

    None at most: nothing runs of its own, and `reason`, where there is one, says what it is for.
    """

    least: int | None
    most: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Workload:
    """Something that runs from a manifest: its models, images, resources of one replica, and how many there are.

    `instance_type`, `region` and `provider` are what its node selector or affinity asks for, or empty.
    """

    name: str
    kind: str
    namespace: str
    path: str
    line: int
    replicas: Replicas
    requests: PodResources
    limits: PodResources
    models: tuple[ModelReference, ...] = ()
    images: tuple[Image, ...] = ()
    runtime: str = ""
    instance_type: str = ""
    region: str = ""
    provider: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class ArgoApplication:
    """What an Argo CD Application, or an ApplicationSet's template, follows, and how it syncs.

    One value for each of its sources. `retries` is -1 for no limit and None where it does not retry.
    """

    name: str
    path: str
    line: int
    repository: str
    revision: str
    pin: Pin
    automated: bool
    prune: bool
    self_heal: bool
    retries: int | None


class InfraDocument(StrEnum):
    """The kinds of file that describe infrastructure."""

    TERRAFORM_PLAN = "terraform-plan"
    PULUMI_PREVIEW = "pulumi-preview"
    KUBERNETES = "kubernetes-manifests"
    UNKNOWN = "unknown"


class Change(StrEnum):
    """What a plan does to a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    NO_OP = "no-op"
    FORGET = "forget"
    """It leaves the tool's care and goes on running."""


@dataclass(frozen=True, slots=True)
class Resource:
    """A component of cloud infrastructure, before and after a plan.

    `type` is Terraform's name of the type whatever tool wrote the plan, `native_type` the tool's own. `before` is None
    for what is made, `after` for what is removed. `unknown` names the attributes that are known only after the plan has
    been carried out. `linked_before` and `linked_after` are the attributes of what it is made from: a launch template,
    a service plan. `line` is 0: such files are one long line.
    """

    address: str
    type: str
    provider: str
    region: str
    path: str
    line: int
    action: Change
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    unknown: frozenset[str] = frozenset()
    linked_before: Mapping[str, Any] | None = None
    linked_after: Mapping[str, Any] | None = None
    native_type: str = ""


@dataclass(frozen=True, slots=True)
class Infrastructure:
    """One infrastructure file, read: resources of a plan, or manifests (a plan may hold both).

    `document` is the plan as its tool wrote it, without what it marks as secret, for rules that take a plan whole.
    """

    kind: InfraDocument
    resources: tuple[Resource, ...]
    manifests: tuple[Manifest, ...]
    findings: tuple[Finding, ...]
    document: Mapping[str, Any] | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Usage:
    """How much something is used in a month. None: not known. `source` says who says so, in every cost that uses it."""

    source: str
    requests: Decimal | None = None
    milliseconds: Decimal | None = None
    """Average duration of one request."""
    hours: Decimal | None = None
    """Hours that one replica or node runs."""


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Usage by the address of a resource; `otherwise` holds for those without an entry, where somebody said so."""

    by_address: Mapping[str, Usage] = field(default_factory=dict)
    otherwise: Usage | None = None

    def of(self, address: str) -> Usage | None:
        """The usage that holds for a resource, or None."""
        return self.by_address.get(address, self.otherwise)
