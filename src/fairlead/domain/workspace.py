"""The workspace's declaration: `fairlead.yaml`, as strict frozen data."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fairlead.domain.allocation import Allocation
from fairlead.domain.analysis import AnalysisSpec
from fairlead.domain.anomaly import AnomalySettings
from fairlead.domain.budget import Budget
from fairlead.domain.declaration import Name, Sha256, Spec
from fairlead.domain.gate import PackSetting, Policies
from fairlead.domain.notification import Notifications
from fairlead.domain.price_book import PriceBook
from fairlead.domain.quantity import Duration

__all__ = [
    "ApiKey",
    "Customer",
    "Environment",
    "Gateway",
    "LocalTarget",
    "Metering",
    "Principal",
    "PromotionWindow",
    "Team",
    "WorkspaceSpec",
]


class LocalTarget(Spec):
    """The embedded target: model servers and the gateway run on this machine."""

    kind: Literal["local"] = Field(default="local", description="The embedded target.")
    address: str = Field(
        default="127.0.0.1",
        description="Address that the gateway of this environment listens on.",
    )
    port: int = Field(
        ge=1,
        le=65535,
        description="Port that the gateway of this environment listens on.",
    )


class PromotionWindow(Spec):
    """When a release may go on here: to more traffic, or to all of it. Going back is always allowed."""

    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = Field(
        default=(), description="On which days; without any, on all."
    )
    begin: str = Field(default="00:00", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description="From, as 08:30.")
    end: str = Field(
        default="24:00", pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$", description="Until, as 17:00."
    )
    zone: str = Field(default="UTC", description="Time zone, as Europe/Berlin.")


class Environment(Spec):
    """Where releases run."""

    name: Name = Field(description="For example dev, staging, prod.")
    target: LocalTarget = Field(description="Where its releases run.")
    sync: Literal["automatic", "manual"] = Field(
        default="automatic",
        description="automatic: follow Git; manual: wait for `fairlead sync`.",
    )
    region: str = Field(default="", description="Where its machines stand, for example eu-central-1.")
    budget: Budget | None = Field(default=None, description="What the environment may cost in a month.")
    policies: dict[str, PackSetting] = Field(default_factory=dict, description="Packs tuned for this environment.")
    soak: Duration = Field(
        default="0s",
        validate_default=True,
        description="How long a release runs here, whole and healthy, before it may be promoted to the next.",
    )
    promotion_windows: tuple[PromotionWindow, ...] = Field(
        default=(), description="When releases may go on here; without any, always."
    )
    approvals: int | None = Field(
        default=None, ge=0, le=20, description="Approvals required here, instead of policies.approvals.required."
    )


class Principal(Spec):
    """Somebody who may act."""

    name: str = Field(min_length=1, description="For people.")
    email: str = Field(min_length=3, description="As in their commits.")
    roles: tuple[Literal["viewer", "operator", "approver"], ...] = Field(min_length=1, description="What they may do.")
    github: str = Field(default="", description="Their name on GitHub, for reviews.")


class ApiKey(Spec):
    """A customer's key, known by its digest only."""

    sha256: Sha256 = Field(description="Hex sha256 of the key; `fairlead` never sees the key in Git.")


class Customer(Spec):
    """Somebody whose requests are counted and charged."""

    name: Name = Field(description="Identifier in usage and cost.")
    segment: str = Field(default="", description="Segment, as the models' plans name it.")
    api_keys: tuple[ApiKey, ...] = Field(default=(), description="Digests of the keys.")
    budget: Budget | None = Field(default=None, description="What serving them may cost in a month.")


class Team(Spec):
    """Who pays for models."""

    name: Name = Field(description="As rules of `allocation` name it.")
    models: tuple[str, ...] = Field(
        default=(), description="Patterns of models that are theirs, where a line of cost names no team."
    )
    budget: Budget | None = Field(default=None, description="What they may spend in a month.")


class Gateway(Spec):
    """How customers are told apart at the gateway."""

    customer_header: str = Field(
        default="x-customer",
        pattern=r"^[a-z0-9-]+$",
        description="Header with the customer.",
    )
    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        description="CIDR ranges of the peers whose customer header is believed.",
    )
    max_customers: int = Field(
        default=1000,
        ge=1,
        le=100_000,
        description="Distinct customers from headers; the rest is `other`.",
    )


class Metering(Spec):
    """How fine usage is recorded."""

    window: Duration = Field(
        default="5m",
        validate_default=True,
        description="Length of a usage record, 5s to 1h.",
    )


class WorkspaceSpec(Spec):
    """`kind: Workspace`. What holds for all models."""

    api_version: Literal["fairlead.dev/v1alpha1"] = Field(description="Version of this schema.")
    kind: Literal["Workspace"] = Field(description="Always Workspace.")
    name: Name = Field(description="Name of the workspace.")
    environments: tuple[Environment, ...] = Field(min_length=1, description="In the order of promotion.")
    price_book: PriceBook | None = Field(default=None, description="Without it, costs are unpriced, never zero.")
    principals: tuple[Principal, ...] = Field(default=(), description="Who may act.")
    customers: tuple[Customer, ...] = Field(default=(), description="Who is served.")
    teams: tuple[Team, ...] = Field(default=(), description="Who pays.")
    gateway: Gateway = Field(default_factory=Gateway, description="How customers are told apart.")
    metering: Metering = Field(default_factory=Metering, description="How fine usage is recorded.")
    allocation: Allocation = Field(default_factory=Allocation, description="Who is charged what of the bills.")
    analyses: tuple[AnalysisSpec, ...] = Field(default=(), description="What judges rollouts, by name.")
    notifications: Notifications = Field(default_factory=Notifications, description="Who is told of what.")
    anomalies: AnomalySettings = Field(default_factory=AnomalySettings, description="How cost is watched.")
    policies: Policies | None = Field(default=None, description="What the gate judges by; without it no packs.")

    def environment(self, name: str) -> Environment | None:
        """The environment of that name, or None."""
        return next((each for each in self.environments if each.name == name), None)
