"""The model's declaration: `models/<name>/model.yaml`, as strict frozen data."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from fairlead.domain.budget import Budget
from fairlead.domain.declaration import Name, Sha256, Spec
from fairlead.domain.duties import Privacy
from fairlead.domain.quantity import Bytes, Duration, Exact
from fairlead.domain.release_strategy import ReleaseStrategy
from fairlead.domain.scaling import Scaling
from fairlead.domain.trial import Trial

__all__ = [
    "Artifact",
    "DataRef",
    "Metric",
    "ModelSpec",
    "Placement",
    "PlanPrice",
    "Provenance",
    "Readiness",
    "Resources",
    "Risk",
    "SecretRef",
    "Serving",
    "Slo",
]


class Artifact(Spec):
    """Where the model's files are."""

    uri: str = Field(
        min_length=1,
        description="Pointer to the files: `file:PATH` (in the workspace, or absolute) or `hf://org/name@revision`.",
    )


class Provenance(Spec):
    """Where the model comes from."""

    licence: str = Field(default="", description="SPDX expression or Hugging Face licence id.")
    base_model: str = Field(default="", description="The model that it was derived from.")
    training_run: str = Field(default="", description="Address of the training run.")
    code: str = Field(default="", description="Repository and commit of the training code.")


class DataRef(Spec):
    """A data set that shaped or tests the model, pinned by digest."""

    name: str = Field(min_length=1, description="What people call it.")
    uri: str = Field(min_length=1, description="Where it is.")
    sha256: Sha256 | None = Field(default=None, description="Digest of the file.")
    purpose: Literal["training", "validation", "test", "reference"] = Field(default="training", description="Its use.")
    personal_data: bool = Field(default=False, description="Whether it holds personal data.")
    tags: tuple[str, ...] = Field(default=(), description="Kinds of data in it, for example email, phi, synthetic.")


class Metric(Spec):
    """A number about the model. Without evidence it is claimed, not measured."""

    name: str = Field(min_length=1, description="For example accuracy.")
    value: Exact = Field(description="The number.")
    data: str = Field(default="", description="Name of the data set it was measured on.")
    evidence: str = Field(default="", description="Path of the evidence file in the workspace.")


class SecretRef(Spec):
    """A secret by reference; exactly one field is given. The value never enters Git, journal, logs or JSON."""

    from_env: str | None = Field(default=None, description="Name of an environment variable of `fairlead up`.")
    from_file: str | None = Field(default=None, description="Path of a file that holds it.")
    from_command: tuple[str, ...] | None = Field(default=None, description="A command that prints it.")


class Readiness(Spec):
    """When a server counts as started."""

    path: str = Field(
        default="/v2/health/ready",
        pattern=r"^/",
        description="HTTP path that answers 200 when ready.",
    )
    timeout: Duration = Field(
        default="60s",
        validate_default=True,
        description="Longest time to become ready.",
    )


class Resources(Spec):
    """What one replica asks for: what a plan prices, and what it is expected to use."""

    cpu: Exact = Field(default="0.5", validate_default=True, gt=0, description="Cores.")
    memory: Bytes = Field(default="256Mi", validate_default=True, description="Memory.")
    gpu: Exact = Field(default="0", validate_default=True, ge=0, description="GPUs, fractions allowed.")
    gpu_type: str = Field(default="", description="Kind of GPU, as the price book names it.")


class Serving(Spec):
    """How the model is served."""

    runtime: Literal["onnx", "command"] = Field(default="onnx", description="Built-in ONNX server, or any command.")
    protocol: Literal["oip", "openai"] = Field(
        default="oip", description="What it speaks: Open Inference v2 or OpenAI."
    )
    command: tuple[str, ...] = Field(
        default=(),
        description="For `runtime: command`: the program; `{port}` and `{model_dir}` are replaced.",
    )
    env: dict[str, str | SecretRef] = Field(default_factory=dict, description="Environment of the server.")
    readiness: Readiness = Field(default_factory=Readiness, description="When it counts as started.")
    grace: Duration = Field(
        default="10s",
        validate_default=True,
        description="Time to finish work when stopped.",
    )
    dependencies: str = Field(
        default="",
        description="Lock file of the server's packages in the model's folder, for example requirements.txt.",
    )
    resources: Resources = Field(default_factory=Resources, description="Asked for by one replica.")
    replicas: int = Field(default=1, ge=0, le=64, description="Servers of this release.")
    scaling: Scaling | None = Field(default=None, description="For a scaler; without it replicas are fixed.")


class Placement(Spec):
    """How the model stands in one environment."""

    commit: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{7,40}$",
        description="Run the release that this commit declares; without it the release follows this file.",
    )
    replicas: int | None = Field(
        default=None,
        ge=0,
        le=64,
        description="Replicas here, instead of serving.replicas.",
    )


class Slo(Spec):
    """What the users of the model are promised."""

    availability: Exact | None = Field(default=None, gt=0, lt=1, description="Share of requests without error.")
    latency_p99: Duration | None = Field(default=None, description="99th percentile of latency.")


class PlanPrice(Spec):
    """What customers of a segment pay; the difference to the cost is the margin."""

    segment: str = Field(
        min_length=1,
        description="Segment of customers, as `customers` in fairlead.yaml names it.",
    )
    per_1k_inferences: Exact | None = Field(default=None, ge=0, alias="per1kInferences", description="Price.")
    per_1m_input_tokens: Exact | None = Field(default=None, ge=0, alias="per1mInputTokens", description="Price.")
    per_1m_output_tokens: Exact | None = Field(default=None, ge=0, alias="per1mOutputTokens", description="Price.")


class Risk(Spec):
    """How much harm the model could do, and what is owed for it."""

    risk_class: Literal["minimal", "limited", "high"] = Field(default="minimal", alias="class", description="Class.")
    duties: tuple[str, ...] = Field(default=(), description="Named duties, for example fairness or human-review.")


class ModelSpec(Spec):
    """`kind: Model`. What one model is, how it is served, who answers for it."""

    api_version: Literal["fairlead.dev/v1alpha1"] = Field(description="Version of this schema.")
    kind: Literal["Model"] = Field(description="Always Model.")
    description: str = Field(default="", description="One sentence for people.")
    owner: str = Field(
        min_length=1,
        description="Team or e-mail address that answers for the model and its cost.",
    )
    artifact: Artifact = Field(description="Where the files are.")
    provenance: Provenance = Field(default_factory=Provenance, description="Where the model comes from.")
    data: tuple[DataRef, ...] = Field(default=(), description="Data sets behind the model.")
    metrics: tuple[Metric, ...] = Field(default=(), description="Numbers about it.")
    serving: Serving = Field(default_factory=Serving, description="How it is served.")
    environments: dict[Name, Placement] = Field(min_length=1, description="Where it runs, by environment.")
    release: ReleaseStrategy = Field(default_factory=ReleaseStrategy, description="How a release replaces another.")
    slo: Slo = Field(default_factory=Slo, description="What is promised.")
    budget: Budget | None = Field(default=None, description="What may be spent.")
    plans: tuple[PlanPrice, ...] = Field(default=(), description="What customers pay, by segment.")
    risk: Risk = Field(default_factory=Risk, description="Risk class and duties.")
    privacy: Privacy = Field(default_factory=Privacy, description="What is said about personal data.")
    tests: Trial | None = Field(default=None, description="What `fairlead test` tries.")

    def shaping(self) -> dict[str, Any]:
        """The part that makes a release, in canonical form: defaults left out, so that a new field changes nothing.

        How many servers a scaler may order is no part of it: other bounds restart nothing.
        """
        keep = {
            "artifact",
            "provenance",
            "data",
            "metrics",
            "serving",
            "slo",
            "risk",
            "privacy",
        }
        shape: dict[str, Any] = self.model_dump(mode="json", by_alias=True, include=keep, exclude_defaults=True)
        serving = {name: each for name, each in shape.pop("serving", {}).items() if name != "scaling"}
        return {**shape, "serving": serving} if serving else shape

    def replicas_in(self, environment: str) -> int:
        """Servers wanted in `environment`, which must be one of `environments`."""
        placed = self.environments[environment].replicas
        return self.serving.replicas if placed is None else placed

    def most_in(self, environment: str) -> int:
        """Most servers that may run in `environment`: the scaler's bound where one orders."""
        scaling, placed = self.serving.scaling, self.replicas_in(environment)
        return scaling.max if placed and scaling is not None and scaling.orders else placed
