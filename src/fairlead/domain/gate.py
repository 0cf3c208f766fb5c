"""The rules of the workspace's gate, as declared under `policies` in fairlead.yaml."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal

from pydantic import Field

from fairlead.domain.declaration import Name, Spec
from fairlead.domain.policy import Rating
from fairlead.domain.quantity import Duration

__all__ = [
    "ApprovalRules",
    "PackSetting",
    "Policies",
    "PolicyRepository",
    "PolicySource",
    "RuleSetting",
    "SignatureRules",
    "Strength",
    "WaiverRules",
]

Strength = Literal["deny", "warn", "audit", "off"]
"""deny blocks, warn tells, audit only counts, off leaves a rule out."""


class RuleSetting(Spec):
    """How one rule of a pack is tuned."""

    enforcement: Strength | None = Field(
        default=None, description="deny blocks, warn tells, audit counts, off leaves it out; without it as the pack."
    )
    parameters: dict[str, Any] = Field(default_factory=dict, description="What the rule takes, beside the pack's.")


class PackSetting(Spec):
    """A pack that is on, and how it is tuned."""

    enforcement: Strength = Field(default="deny", description="For all of its rules.")
    parameters: dict[str, Any] = Field(default_factory=dict, description="What its rules take.")
    rules: dict[str, RuleSetting] = Field(default_factory=dict, description="Rules tuned one by one, by name.")


class PolicySource(Spec):
    """Rego of your own, in the workspace or in the policy repository."""

    path: str = Field(min_length=1, description="A folder or a file, relative to the workspace.")
    dialect: Literal["auto", "gatekeeper", "conftest", "bundle"] = Field(
        default="auto", description="auto: recognised from the content."
    )
    entrypoint: str = Field(default="", description="For bundles: where the answers are, for example authz.deny.")
    enforcement: Literal["deny", "warn", "audit"] = Field(default="deny", description="For what does not say itself.")
    environments: tuple[Name, ...] = Field(default=(), description="Where it holds; without it everywhere.")


class PolicyRepository(Spec):
    """Policies kept in a repository of their own."""

    url: str = Field(min_length=1, description="Address, as `git clone` takes it.")
    commit: str = Field(pattern=r"^[0-9a-f]{40}$", description="The commit that holds.")
    sources: tuple[PolicySource, ...] = Field(min_length=1, description="What of it is used.")


_LONGEST = {"critical": 7, "high": 30, "medium": 90, "low": 365}
"""Days that a waiver may last where the workspace says nothing, by rating."""


class WaiverRules(Spec):
    """Who may set a rule aside, and for how long."""

    folder: str = Field(default="waivers", description="Where the waivers are.")
    longest: dict[Literal["critical", "high", "medium", "low"], Duration] = Field(
        default_factory=dict,
        description="Longest life of a waiver, by rating; not said: critical 7d, high 30d, medium 90d, low 365d.",
    )
    never: tuple[str, ...] = Field(default=(), description="Rules that cannot be waived; `pack/*` is all of a pack.")

    def longest_for(self, rating: Rating) -> timedelta:
        """Longest life of a waiver of a rule of that rating."""
        return self.longest.get(rating.value, timedelta(days=_LONGEST[rating.value]))


class ApprovalRules(Spec):
    """How many must agree, and whose agreement is believed."""

    required: int = Field(default=0, ge=0, le=20, description="Distinct approvers, other than the author.")
    signers: str = Field(
        default=".fairlead/allowed_signers", description="SSH allowed signers: e-mail address and public key."
    )
    keyring: str = Field(default="", description="Public GPG keys of the signers, armoured; without it SSH only.")
    code_owners: str = Field(default="", description="CODEOWNERS file; an owner of each changed path must approve.")
    expires: Duration = Field(default="30d", validate_default=True, description="Longest life of an approval.")
    vouched: bool = Field(
        default=True, description="Whether `Approved-by` trailers of a merge that an approver signed count."
    )
    signed_changes: bool = Field(
        default=False, description="Whether each commit of a change must be signed: who wrote it is then proven."
    )
    github: str = Field(default="", description="owner/name: reviews on GitHub count as approvals.")
    github_api: str = Field(default="", description="Address of the GitHub API, for GitHub Enterprise.")


class SignatureRules(Spec):
    """OpenSSF model signatures."""

    required: bool = Field(default=False, description="Whether every artifact must be signed.")
    keys: tuple[str, ...] = Field(default=(), description="Public keys (PEM files in the workspace) that are believed.")
    file: str = Field(default="model.sig", description="Name of the signature inside the artifact.")


class Policies(Spec):
    """What the gate judges by. Always read from the target branch, never from the change under check."""

    engine: Literal["auto", "regorus", "opa"] = Field(default="auto", description="What evaluates Rego.")
    packs: dict[str, PackSetting] = Field(default_factory=dict, description="Packs that are on, by name.")
    sources: tuple[PolicySource, ...] = Field(default=(), description="Rego of your own.")
    repository: PolicyRepository | None = Field(default=None, description="Policies from another repository.")
    waivers: WaiverRules = Field(default_factory=WaiverRules, description="Setting rules aside.")
    approvals: ApprovalRules = Field(default_factory=ApprovalRules, description="Who must agree.")
    owners: tuple[str, ...] = Field(
        default=(), description="E-mail addresses of those who may weaken what stands here; without any, nobody."
    )
    infrastructure: tuple[str, ...] = Field(
        default=(), description="Terraform and Pulumi plans (JSON) and rendered manifests, relative to the workspace."
    )
    vulnerabilities: str = Field(default="", description="Folder with an OSV database (JSON files), for offline use.")
    signatures: SignatureRules = Field(default_factory=SignatureRules, description="Signatures of artifacts.")
