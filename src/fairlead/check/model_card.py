"""The model card of a bill of materials: what the model is for, what was measured, what is owed for it.

Source: CycloneDX 1.6, `component.modelCard`. Measured are numbers of evidence that holds for these very bytes and data.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fairlead.domain.evidence import Evidence, GroupMeasure, Measure, Standing
from fairlead.domain.model import ModelSpec
from fairlead.kernel.money import plain

__all__ = ["model_card"]

_Object = dict[str, Any]


def model_card(spec: ModelSpec, evidence: Evidence | None, standing: Standing) -> _Object:
    """The card. Evidence that is stale is named as such, and none of its numbers are."""
    measured = evidence if standing is Standing.MEASURED else None
    metrics = list(_metrics(measured)) if measured is not None else []
    card: _Object = {
        "modelParameters": {"datasets": [{"ref": f"data:{each.name}"} for each in spec.data]},
        "quantitativeAnalysis": {"performanceMetrics": metrics},
        "considerations": _considerations(spec, measured),
        "properties": list(_properties(spec, evidence, standing)),
    }
    return {name: kept for name, part in card.items() if (kept := _filled(part))}


def _filled(part: Any) -> Any:  # noqa: ANN401 - an object or a list
    return {name: value for name, value in part.items() if value} if isinstance(part, dict) else part


def _metrics(evidence: Evidence) -> Iterator[_Object]:
    for measure in evidence.measures:
        yield {"type": _type(measure), "value": plain(measure.value), **_slice(measure.data, "", "")}
    for group in evidence.groups:
        if group.group:
            yield {
                "type": group.name,
                "value": plain(group.value),
                **_slice(group.data, group.attribute, group.group),
            }
        else:
            yield {
                "type": f"{group.name} of {group.attribute}",
                "value": plain(group.value),
                **_slice(group.data, "", ""),
            }


def _type(measure: Measure) -> str:
    return f"{measure.name} ({measure.unit})" if measure.unit else measure.name


def _slice(data: str, attribute: str, group: str) -> _Object:
    parts = [part for part in (data, f"{attribute}={group}" if attribute else "") if part]
    return {"slice": ", ".join(parts)} if parts else {}


def _considerations(spec: ModelSpec, evidence: Evidence | None) -> _Object:
    risk = spec.risk
    mitigation = f"duties: {', '.join(risk.duties)}" if risk.duties else "no duties are declared"
    compared = [each for each in evidence.groups if not each.group] if evidence is not None else []
    return {
        "useCases": [text for text in (spec.description, spec.privacy.purpose) if text],
        "ethicalConsiderations": [{"name": f"risk class {risk.risk_class}", "mitigationStrategy": mitigation}],
        "fairnessAssessments": [_assessment(attribute, compared) for attribute in _attributes(compared)],
    }


def _attributes(compared: list[GroupMeasure]) -> list[str]:
    return sorted({each.attribute for each in compared})


def _assessment(attribute: str, compared: list[GroupMeasure]) -> _Object:
    told = [f"{each.name} {plain(each.value)} on {each.data}" for each in compared if each.attribute == attribute]
    return {"groupAtRisk": f"groups by {attribute}", "harms": f"measured differences: {'; '.join(told)}"}


def _properties(spec: ModelSpec, evidence: Evidence | None, standing: Standing) -> Iterator[_Object]:
    known = "none" if evidence is None else standing.value
    yield {"name": "fairlead:evidence", "value": known}
    measures = evidence.measures if evidence is not None and standing is Standing.MEASURED else ()
    for metric in spec.metrics:
        if not any(each.name == metric.name and metric.data in {"", each.data} for each in measures):
            on = f" on {metric.data}" if metric.data else ""
            yield {"name": f"fairlead:claimed:{metric.name}{on}", "value": plain(metric.value)}
