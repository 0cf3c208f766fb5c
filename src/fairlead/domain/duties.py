"""What is owed for a model because of the data behind it: privacy and health data, as declared in model.yaml."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from fairlead.domain.declaration import Spec
from fairlead.domain.quantity import Duration

__all__ = ["HealthData", "LawfulBasis", "Privacy"]

LawfulBasis = Literal[
    "consent", "contract", "legal-obligation", "vital-interests", "public-task", "legitimate-interests"
]
"""The six bases of Article 6(1) of the GDPR."""


class HealthData(Spec):
    """Protected health information (PHI), in the words of HIPAA."""

    identifiers: tuple[str, ...] = Field(default=(), description="Kinds of PHI in the data, for example name, mrn.")
    encrypted_at_rest: bool = Field(default=False, description="Whether the data is encrypted where it lies.")
    encrypted_in_transit: bool = Field(default=False, description="Whether it is encrypted on its way.")
    agreement: str = Field(default="", description="Business associate agreement: its address or number.")
    audit_logging: bool = Field(default=False, description="Whether each access is logged.")
    minimum_necessary: str = Field(default="", description="Why no less data would do.")


class Privacy(Spec):
    """What is said about personal data behind the model or in its requests."""

    personal_data: bool = Field(default=False, description="Whether personal data is processed at all.")
    categories: tuple[str, ...] = Field(default=(), description="Kinds of personal data, for example email, location.")
    special_categories: tuple[str, ...] = Field(
        default=(), description="Kinds under Article 9 of the GDPR, for example health, biometric."
    )
    purpose: str = Field(default="", description="What the data is processed for.")
    lawful_basis: LawfulBasis | None = Field(default=None, description="Basis under Article 6(1) of the GDPR.")
    retention: Duration | None = Field(default=None, description="How long personal data is kept.")
    residency: tuple[str, ...] = Field(
        default=(), description="Regions in which it may be processed, as `region` of an environment names them."
    )
    dpia: str = Field(default="", description="Data protection impact assessment: its address, or a path.")
    health: HealthData | None = Field(default=None, description="Protected health information, where there is any.")
