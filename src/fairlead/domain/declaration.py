"""What all declarations are made of: strict, frozen, camelCase in YAML."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

__all__ = ["API_VERSION", "Name", "Sha256", "Spec"]

API_VERSION = "fairlead.dev/v1alpha1"

Name = Annotated[
    str,
    Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", description="RFC 1123 label"),
]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="lower-case hex sha256")]


class Spec(BaseModel):
    """Base of all declarations: camelCase in YAML, unknown fields refused, frozen."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="forbid",
        frozen=True,
        populate_by_name=False,
        validate_by_name=True,
    )
