"""Which objects a constraint judges: Gatekeeper's `spec.match`, decided as Gatekeeper's own matchers do.

https://open-policy-agent.github.io/gatekeeper/website/docs/howto#the-match-field
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fairlead.check.policies.shapes import list_of

__all__ = ["CRITERIA", "group_version", "match_problems", "matcher"]

CRITERIA = (
    "excludedNamespaces", "kinds", "labelSelector", "name", "namespaceSelector", "namespaces", "scope", "source",
)  # fmt: skip
_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_SOURCES = ("All", "Generated", "Original")

Document = Mapping[str, Any]
_Test = Callable[[Document], bool | None]


def matcher(criteria: Mapping[str, Any], namespaces: Mapping[str, Document]) -> _Test:
    """Whether a document is judged; None where that hangs on the labels of a namespace that is not known.

    `namespaces` are the known Namespace objects by name.
    """
    tests = [_TESTS[name](value) for name, value in criteria.items() if value and name in _TESTS]
    selector = criteria.get("namespaceSelector")

    def decide(document: Document) -> bool | None:
        if not all(test(document) for test in tests):
            return False
        return _namespace_selected(selector, document, namespaces) if selector else True

    return decide


def match_problems(criteria: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What a `match` says that nobody understands: criterion, message, mend."""
    for name, value in criteria.items():
        if name not in CRITERIA:
            yield name, f"`match.{name}` is not known", f"the criteria are {', '.join(CRITERIA)}"
        elif name == "source" and value not in _SOURCES:
            yield name, f"`match.source: {value}` is not known", f"write one of {', '.join(_SOURCES)}"
        elif name.endswith("Selector"):
            yield from _selector_problems(name, value)
        elif name in {"kinds", "namespaces", "excludedNamespaces"} and not isinstance(value, list):
            yield name, f"`match.{name}` must be a list", "write a list"
        elif name == "kinds" and not all(isinstance(each, Mapping) for each in value):
            yield name, "`match.kinds` must list apiGroups and kinds", 'for example: - {apiGroups: [""], kinds: [Pod]}'


def group_version(document: Document) -> tuple[str, str]:
    """API group ('' is the core's) and version of an object."""
    group, slash, version = str(document.get("apiVersion") or "").rpartition("/")
    return (group, version) if slash else ("", version)


def _selector_problems(name: str, value: object) -> Iterator[tuple[str, str, str]]:
    if not isinstance(value, Mapping):
        yield name, f"`match.{name}` must be a mapping", "write matchLabels or matchExpressions"
        return
    if not isinstance(value.get("matchLabels") or {}, Mapping):
        yield name, f"`match.{name}.matchLabels` must be a mapping", "write label: value"
    for each in list_of(value.get("matchExpressions")):
        operator = each.get("operator") if isinstance(each, Mapping) else None
        if operator not in _OPERATORS:
            yield name, f"the operator {operator!r} is not known", f"write one of {', '.join(_OPERATORS)}"


def _kinds(value: Any) -> _Test:  # noqa: ANN401
    wanted = [
        (list_of(each.get("apiGroups")), list_of(each.get("kinds"))) for each in value if isinstance(each, Mapping)
    ]

    def test(document: Document) -> bool:
        group, kind = group_version(document)[0], document.get("kind")
        return any(
            (not groups or "*" in groups or group in groups) and (not kinds or "*" in kinds or kind in kinds)
            for groups, kinds in wanted
        )

    return test


def _scope(value: object) -> _Test:
    def test(document: Document) -> bool:
        inside = bool(_metadata(document).get("namespace")) and not _is_namespace(document)
        return {"Cluster": not inside, "Namespaced": inside}.get(str(value), True)

    return test


def _namespaces(value: Any) -> _Test:  # noqa: ANN401
    def test(document: Document) -> bool:
        name = _namespace_of(document)
        return not name or any(_glob(str(each), name) for each in value)

    return test


def _excluded(value: Any) -> _Test:  # noqa: ANN401
    def test(document: Document) -> bool:
        name = _namespace_of(document)
        return not name or not any(_glob(str(each), name) for each in value)

    return test


def _labels(value: Any) -> _Test:  # noqa: ANN401
    return lambda document: _selected(value, _labels_of(document))


def _name(value: object) -> _Test:
    pattern = str(value)

    def test(document: Document) -> bool:
        metadata = _metadata(document)
        generated = str(metadata.get("generateName") or "")
        return _glob(pattern, str(metadata.get("name") or "")) or (pattern.endswith("*") and _glob(pattern, generated))

    return test


def _source(value: object) -> _Test:
    # What is judged here was written by somebody, not generated from it by an expansion.
    return lambda _: value in {"All", "Original"}


_TESTS: dict[str, Callable[[Any], _Test]] = {
    "kinds": _kinds,
    "scope": _scope,
    "namespaces": _namespaces,
    "excludedNamespaces": _excluded,
    "labelSelector": _labels,
    "name": _name,
    "source": _source,
}


def _namespace_selected(
    selector: Mapping[str, Any], document: Document, namespaces: Mapping[str, Document]
) -> bool | None:
    if _is_namespace(document):
        return _selected(selector, _labels_of(document))
    name = str(_metadata(document).get("namespace") or "")
    if not name:
        return True
    known = namespaces.get(name)
    return None if known is None else _selected(selector, _labels_of(known))


def _selected(selector: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    wanted = selector.get("matchLabels") or {}
    if any(labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(_expression(each, labels) for each in list_of(selector.get("matchExpressions")))


def _expression(each: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    key, values = str(each.get("key")), list_of(each.get("values"))
    answers = {
        "In": key in labels and labels[key] in values,
        "NotIn": key not in labels or labels[key] not in values,
        "Exists": key in labels,
        "DoesNotExist": key not in labels,
    }
    return answers.get(str(each.get("operator")), False)


def _glob(pattern: str, text: str) -> bool:
    """A `*` at the beginning, the end or both stands for anything."""
    inner = pattern.removeprefix("*").removesuffix("*")
    if pattern.startswith("*") and pattern.endswith("*"):
        return inner in text
    if pattern.startswith("*"):
        return text.endswith(inner)
    return text.startswith(inner) if pattern.endswith("*") else text == pattern


def _namespace_of(document: Document) -> str:
    metadata = _metadata(document)
    return str((metadata.get("name") if _is_namespace(document) else metadata.get("namespace")) or "")


def _is_namespace(document: Document) -> bool:
    return document.get("kind") == "Namespace" and not group_version(document)[0]


def _metadata(document: Document) -> Mapping[str, Any]:
    metadata = document.get("metadata")
    return metadata if isinstance(metadata, Mapping) else {}


def _labels_of(document: Document) -> Mapping[str, Any]:
    labels = _metadata(document).get("labels")
    return labels if isinstance(labels, Mapping) else {}
