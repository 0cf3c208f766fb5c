"""Approvals and waivers: who agreed to what, by which proof, and for how long."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from pydantic import Field

from fairlead.domain.declaration import Name, Spec
from fairlead.domain.quantity import Day

__all__ = ["Approval", "Proof", "Waiver", "WaiverScope", "WaiverSpec"]


class Proof(StrEnum):
    """How an approval is proven. A trailer that nobody signed is no proof."""

    COMMIT = "signed-commit"
    TAG = "signed-tag"
    MERGE = "signed-merge"
    REVIEW = "github-review"
    NOTE = "signed-note"


@dataclass(frozen=True, slots=True)
class Approval:
    """`approver` (e-mail address) agreed to `subject`, proven by `proof`, which `source` (a commit, tag, note) shows.

    `subject` is `release:<digest>`, `waiver:<sha256 of the file>`, `policies:<digest>` or `commit:<id>`. `key` is the
    fingerprint of the key that signed, empty for reviews. `vouched_by` is who signed where it was not the approver: the
    signer of a merge whose trailer names the approver. `environment` empty: in all. `expires` None: bounded by the
    rules alone.
    """

    approver: str
    subject: str
    proof: Proof
    when: datetime
    source: str
    key: str = ""
    vouched_by: str = ""
    environment: str = ""
    expires: datetime | None = None


class WaiverScope(Spec):
    """What a waiver covers. Fields that are given must all fit."""

    models: tuple[str, ...] = Field(default=(), description="Names of models; without it all.")
    environments: tuple[Name, ...] = Field(default=(), description="Names of environments; without it all.")
    paths: tuple[str, ...] = Field(default=(), description="Paths of manifests, `*` and `**` allowed; without it all.")


class WaiverSpec(Spec):
    """`kind: Waiver`. Sets one rule aside, somewhere, until a day."""

    api_version: Literal["fairlead.dev/v1alpha1"] = Field(description="Version of this schema.")
    kind: Literal["Waiver"] = Field(description="Always Waiver.")
    rule: str = Field(min_length=3, description="Id of the rule, for example baseline/licence.")
    scope: WaiverScope = Field(default_factory=WaiverScope, description="What it covers.")
    reason: str = Field(min_length=10, description="Why the rule is set aside, for the auditor.")
    expires: Day = Field(description="First day on which it no longer holds.")
    requested_by: str = Field(min_length=3, description="E-mail address of who asks for it.")
    approved_by: str = Field(min_length=3, description="E-mail address of who agrees; proven by a signature.")


@dataclass(frozen=True, slots=True)
class Waiver:
    """A waiver file as Git holds it. `digest` is the sha256 of its bytes, `author` who committed it (e-mail)."""

    path: str
    digest: str
    spec: WaiverSpec
    author: str
    since: date | None = None
