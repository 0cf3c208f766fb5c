"""The text of an evidence file: a contract between `fairlead test`, which writes it, and `declare`, which reads it.

JSON with sorted keys and one fact per line; numbers are texts in plain notation. The same evidence is the same text.
"""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from typing import Any

from pydantic import TypeAdapter, ValidationError

from fairlead.domain.evidence import Evidence, GroupMeasure, Measure
from fairlead.domain.finding import Finding
from fairlead.kernel.money import plain
from fairlead.kernel.windows import iso

__all__ = ["EVIDENCE_VERSION", "parse_evidence", "render_evidence"]

EVIDENCE_VERSION = 1

_LARGEST_EXPONENT = 400
_MEND = "run `fairlead test` for the model; nobody edits this file"
_PROVEN_ELSEWHERE = "signed_by"
_FIELDS = {field.name for field in fields(Evidence)} - {_PROVEN_ELSEWHERE}
_EVIDENCE = TypeAdapter(Evidence)


def render_evidence(evidence: Evidence) -> bytes:
    """Bytes of the file. Who signed stands in the signature beside it, never inside."""
    raw = asdict(evidence) | {"version": EVIDENCE_VERSION, "when": iso(evidence.when)}
    del raw[_PROVEN_ELSEWHERE]
    for each in (*raw["measures"], *raw["groups"]):
        each["value"] = plain(each["value"])
    return (json.dumps(raw, sort_keys=True, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def parse_evidence(text: bytes, path: str, model: str) -> tuple[Evidence | None, tuple[Finding, ...]]:
    """The evidence in `text`, or None and a finding placed in `path`. It is signed by nobody until that is proven."""
    try:
        return _bounded(_EVIDENCE.validate_python(_raw(json.loads(text)))), ()
    except json.JSONDecodeError as error:
        place, message = (error.lineno, error.colno), f"the evidence is not JSON: {error.msg}"
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, first["loc"]))
        place, message = (1, 1), f"the evidence cannot be read: `{name}`: {first['msg']}"
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else error
        place, message = (1, 1), f"the evidence cannot be read: {reason}"
    return None, (Finding(path, *place, "evidence/broken", message, _MEND, model=model),)


def _raw(raw: object) -> dict[str, Any]:
    if not isinstance(raw, dict) or set(raw) != _FIELDS | {"version"}:
        raise ValueError(f"it must hold exactly: {', '.join(sorted(_FIELDS | {'version'}))}")
    if raw["version"] != EVIDENCE_VERSION:
        raise ValueError(f"it is of version {raw['version']}; this program reads version {EVIDENCE_VERSION}")
    return {name: raw[name] for name in _FIELDS}


def _bounded(evidence: Evidence) -> Evidence:
    """A number of a million digits is written in eight characters; no measured one is beyond what a double holds."""
    numbers: list[Measure | GroupMeasure] = [*evidence.measures, *evidence.groups]
    for each in numbers:
        if each.value and abs(each.value.adjusted()) > _LARGEST_EXPONENT:
            raise ValueError(f"`{each.name}` is no number that was measured")
    return evidence
