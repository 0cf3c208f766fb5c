"""How bills are charged: rules of the workspace, as declared under `allocation` in fairlead.yaml."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, model_validator

from fairlead.domain.declaration import Name, Spec
from fairlead.domain.measures import MEASURES
from fairlead.domain.quantity import Exact

__all__ = ["Allocation", "AllocationRule", "Consumer", "Match", "Overhead", "Split"]

_Patterns = Annotated[tuple[str, ...], Field(description="Shell patterns; any of them.")]

_TEMPLATE = re.compile(r"\{(?:tag|column):[^{}]+\}")


class Match(Spec):
    """Which bill rows a rule is about. All that is given must hold; of several patterns any one."""

    source: _Patterns = Field(default=(), description="Names of sources, as given at the import.")
    resource: _Patterns = Field(default=(), description="ResourceId.")
    account: _Patterns = Field(default=(), description="SubAccountId, or BillingAccountId where there is none.")
    service: _Patterns = Field(default=(), description="ServiceName.")
    region: _Patterns = Field(default=(), description="RegionId.")
    namespace: _Patterns = Field(default=(), description="Kubernetes namespace of the row.")
    pod: _Patterns = Field(default=(), description="Kubernetes pod of the row.")
    tags: dict[str, _Patterns] = Field(default_factory=dict, description="Patterns by tag or label.")
    columns: dict[str, _Patterns] = Field(default_factory=dict, description="Patterns by any other column of the bill.")
    charge: tuple[Literal["Usage", "Purchase", "Tax", "Credit", "Adjustment"], ...] = Field(
        default=("Usage", "Adjustment"), description="ChargeCategory. Tax, credits and purchases must be named."
    )


class Consumer(Spec):
    """Who is charged. `{tag:KEY}` and `{column:NAME}` are replaced by what the row says, `` where it says nothing."""

    environment: str = Field(default="", description="Environment.")
    model: str = Field(default="", description="Model.")
    release: str = Field(default="", description="Release.")
    customer: str = Field(default="", description="Customer.")
    team: str = Field(default="", description="Team: who owns the line.")
    stage: str = Field(default="", description="For example training, inference, pipeline.")

    @model_validator(mode="after")
    def _known_templates(self) -> Consumer:
        for value in self.model_dump().values():
            if set(_TEMPLATE.sub("", value)) & set("{}$"):
                message = f"{value!r} holds no template that is known; known are {{tag:KEY}} and {{column:NAME}}"
                raise ValueError(message)
        return self


class Split(Spec):
    """A shared resource, divided by measured use."""

    by: dict[str, Exact] = Field(min_length=1, description="Weight of each measure, for example `gpu_seconds: 1`.")
    usage: _Patterns = Field(default=("*",), description="Sources of usage that count; `gateway` is the meter's own.")
    scope: Literal["resource", "pool"] = Field(
        default="resource",
        description="resource: use of the row's own ResourceId; pool: all rows of the rule are one pool for all use.",
    )
    per: Literal["hour", "day", "month"] = Field(
        default="hour", description="Divided for each of these spans by the use in it; longer charges for their own."
    )
    capacity: Exact | None = Field(
        default=None,
        gt=0,
        description="What there is to use of the weighted measures in an hour, where no usage row says so.",
    )
    idle: Literal["keep", "spread"] = Field(
        default="keep", description="What nobody used: kept apart, or charged to those who used the rest, as idle."
    )

    @model_validator(mode="after")
    def _known(self) -> Split:
        unknown = sorted(set(self.by) - set(MEASURES))
        if unknown:
            message = f"unknown measure {', '.join(unknown)}; known are {', '.join(MEASURES)}"
            raise ValueError(message)
        if any(weight <= 0 for weight in self.by.values()):
            message = "a weight is above 0"
            raise ValueError(message)
        return self


class Overhead(Spec):
    """What is shared by all: charged on top of what each used, in the same period and currency."""

    over: Literal["team", "model", "customer", "environment"] = Field(default="team", description="Who shares it.")
    how: Literal["even", "proportional", "fixed"] = Field(
        default="proportional", description="Alike, by each one's effective cost, or by `shares`."
    )
    shares: dict[str, Exact] = Field(default_factory=dict, description="For `fixed`: share of each name.")

    @model_validator(mode="after")
    def _shared(self) -> Overhead:
        if (self.how == "fixed") != bool(self.shares) or any(share < 0 for share in self.shares.values()):
            message = "`how: fixed` takes `shares` of 0 or more, and only it does"
            raise ValueError(message)
        return self


class AllocationRule(Spec):
    """One rule. A bill row belongs to the first rule that matches it; to none: it is unallocated."""

    name: Name = Field(description="Lines name the rule that made them.")
    match: Match = Field(default_factory=Match, description="Which bill rows.")
    assign: Consumer = Field(
        default_factory=Consumer,
        description="Who is charged. In a split: for what the use does not say itself.",
    )
    split: Split | None = Field(default=None, description="Divide by measured use.")
    overhead: Overhead | None = Field(default=None, description="Share among all.")

    @model_validator(mode="after")
    def _one_way(self) -> AllocationRule:
        if self.split is not None and self.overhead is not None:
            message = "a rule has a split or an overhead, not both"
            raise ValueError(message)
        return self


class Allocation(Spec):
    """How bills are charged to environments, models, teams and customers."""

    rules: tuple[AllocationRule, ...] = Field(default=(), description="Tried in this order.")
    machine: Literal["priced", "billed"] = Field(
        default="priced",
        description="priced: this machine's time is charged by the price book; billed: an imported bill has it.",
    )

    @model_validator(mode="after")
    def _unique(self) -> Allocation:
        names = [rule.name for rule in self.rules]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            message = f"two rules have the name {', '.join(twice)}"
            raise ValueError(message)
        return self
