"""YAML or JSON text -> Kubernetes documents, and findings for what looks like one and cannot be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from fairlead.declare.manifests.files import may_hold_manifests
from fairlead.declare.manifests.json_text import JsonProblemError, read_json_stream
from fairlead.declare.manifests.yaml_stream import chunks, read_document
from fairlead.declare.yaml_text import YamlProblemError
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.infrastructure import JsonPath, Manifest

__all__ = ["MAX_DOCUMENTS", "manifests_of", "read_documents"]

MAX_DOCUMENTS = 20_000
"""Documents of one file that are read."""

_NOT_FOR_A_CLUSTER = ("kustomize.config.k8s.io/", "fairlead.dev/")
"""Groups that tools read, and no cluster."""

_TYPES = re.compile(r"""^["']?kind["']?\s*:\s*["']?CustomResourceDefinition["']?\s*$""", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\{\{|\{%|<%|\$\[\[")
_TEMPLATE_MEND = "render it first, and check the result: `helm template CHART > manifests.yaml`, then `--iac`"
_MAX_LISTS = 4


def read_documents(path: str, text: str) -> tuple[list[Manifest], list[Finding]]:
    """All Kubernetes documents in `text`. A `List` stands for its items; definitions of new kinds are left out."""
    documents: list[Manifest] = []
    findings: list[Finding] = []
    for line, chunk in chunks(text) if may_hold_manifests(text) else ():
        if not may_hold_manifests(chunk) or _TYPES.search(chunk):
            continue
        try:
            documents += _chunk_documents(path, line, chunk)
        except YamlProblemError as problem:
            finding = _problem(path, chunk, problem)
            if finding.rule not in {each.rule for each in findings}:
                findings.append(finding)
        if len(documents) > MAX_DOCUMENTS:
            message = f"the file has more than the {MAX_DOCUMENTS} documents that are read"
            findings.append(Finding(path, line, 1, "foreign/too-large", message, "split it", Severity.INSUFFICIENT))
            break
    return documents[:MAX_DOCUMENTS], findings


def _chunk_documents(path: str, line: int, chunk: str) -> list[Manifest]:
    """What stands between two marks: one YAML document, or JSON documents one after another."""
    try:
        document = read_document(chunk, line)
    except YamlProblemError:
        stream = _json_stream(chunk)
        if not stream:
            raise
        return [manifest for data in stream for manifest in _manifests(path, data, line, {})]
    if document is None:
        return []
    return list(_manifests(path, document.data, document.line, document.lines))


def manifests_of(path: str, data: Mapping[str, object]) -> list[Manifest]:
    """The Kubernetes documents in data that another file carries, without lines."""
    return list(_manifests(path, data, 1, {}))


def _problem(path: str, chunk: str, problem: YamlProblemError) -> Finding:
    place = (path, problem.line, problem.column)
    if _PLACEHOLDER.search(chunk):
        message = "a template, not YAML: its placeholders are not filled in, so that it was not read"
        return Finding(*place, "foreign/template", message, _TEMPLATE_MEND, Severity.INFO)
    message = f"this looks like a manifest and cannot be read: {problem.message}"
    return Finding(*place, problem.rule, message, "mend the YAML", Severity.INSUFFICIENT)


def _json_stream(chunk: str) -> list[object]:
    """JSON documents one after another, which is no YAML and yet what `kubectl` takes."""
    if not chunk.lstrip().startswith("{"):
        return []
    try:
        return read_json_stream(chunk)
    except JsonProblemError:
        return []


def _manifests(
    path: str, data: object, line: int, lines: Mapping[JsonPath, int], levels: int = _MAX_LISTS
) -> Iterator[Manifest]:
    if isinstance(data, list) and levels:
        for each in data:
            yield from _manifests(path, each, line, {}, levels - 1)
    if not isinstance(data, dict):
        return
    kind, version = data.get("kind"), data.get("apiVersion")
    if not isinstance(kind, str) or not isinstance(version, str) or version.startswith(_NOT_FOR_A_CLUSTER):
        return
    if kind == "CustomResourceDefinition":
        return
    items = data.get("items")
    if kind.endswith("List") and isinstance(items, list) and levels:
        for at, below in _split(lines, len(items)):
            yield from _manifests(path, items[at], lines.get(("items", at), line), below, levels - 1)
        return
    metadata = data.get("metadata")
    about = metadata if isinstance(metadata, dict) else {}
    name, namespace = about.get("name") or about.get("generateName"), about.get("namespace")
    yield Manifest(path, line, version, kind, _text(name), _text(namespace), data, lines)


def _split(lines: Mapping[JsonPath, int], count: int) -> Iterable[tuple[int, dict[JsonPath, int]]]:
    """The lines of every item of a list, with paths from the item on."""
    parts: list[dict[JsonPath, int]] = [{} for _ in range(count)]
    for at, line in lines.items():
        if len(at) > 2 and at[0] == "items" and isinstance(at[1], int) and at[1] < count:  # noqa: PLR2004 - items, index
            parts[at[1]][at[2:]] = line
    return enumerate(parts)


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
