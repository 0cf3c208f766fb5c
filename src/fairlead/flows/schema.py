"""`fairlead schema`: the JSON Schemas, for editors and for people."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from fairlead.declare.schema import SCHEMAS, schema_of
from fairlead.kernel.errors import NotFoundError

__all__ = ["schema", "schema_text"]


def schema(name: str = "") -> Mapping[str, Mapping[str, Any]]:
    """Schemas by name; all of them, or the one named. NotFoundError for another name, with the known ones."""
    if name and name not in SCHEMAS:
        raise NotFoundError(f"there is no schema `{name}`", mend=f"use one of: {', '.join(SCHEMAS)}")
    return {each: schema_of(each) for each in SCHEMAS if name in {"", each}}


def schema_text(name: str) -> str:
    """One schema as the text of a file."""
    return json.dumps(schema(name)[name], indent=2, ensure_ascii=False) + "\n"
