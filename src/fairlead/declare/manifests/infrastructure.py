"""A file of infrastructure as code -> its resources or manifests; which tool wrote it is seen from its content."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from fairlead.declare.manifests.argocd import moving_revisions
from fairlead.declare.manifests.documents import read_documents
from fairlead.declare.manifests.files import may_hold_manifests
from fairlead.declare.manifests.json_text import JsonProblemError, read_json
from fairlead.declare.manifests.pulumi import is_preview, read_preview
from fairlead.declare.manifests.terraform import is_plan, read_plan
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.infrastructure import InfraDocument, Infrastructure

__all__ = ["MAX_BYTES", "read_infrastructure"]

MAX_BYTES = 64 << 20
"""Bytes of one file that are read."""

_KNOWN = "`terraform show -json PLAN`, `pulumi preview --json`, or Kubernetes manifests as YAML"
_READERS: tuple[tuple[Callable[[Any], bool], Callable[[str, Mapping[str, Any]], Infrastructure]], ...] = (
    (is_plan, read_plan),
    (is_preview, read_preview),
)


def read_infrastructure(path: str, content: bytes) -> Infrastructure:
    """What a file declares. Anything that cannot be read is a finding that says what would be; nothing is raised."""
    if len(content) > MAX_BYTES:
        message = f"the file has {len(content)} bytes, more than the {MAX_BYTES} that are read"
        return _unread(path, 1, "infra/too-large", message, "plan fewer resources at once")
    if content.startswith(b"PK\x03\x04"):
        message = "this is a plan in Terraform's own binary form"
        return _unread(path, 1, "infra/binary-plan", message, "write `terraform show -json PLAN > plan.json`")
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        # PowerShell's `>` writes UTF-16, and a plan that was saved so is a plan all the same.
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return _unread(path, line, "infra/not-utf-8", f"the file is not text (byte {error.start})", f"give {_KNOWN}")
    return _json(path, text) if text.lstrip()[:1] in {"{", "["} else _manifests(path, text)


def _json(path: str, text: str) -> Infrastructure:
    try:
        data = read_json(text)
    except JsonProblemError as problem:
        lines = _lines_of_json(path, text)
        return lines or _unread(path, problem.line, "infra/broken-json", problem.message, f"give {_KNOWN}")
    for fits, read in _READERS:
        if fits(data):
            return read(path, data)
    return _manifests(path, text)


def _lines_of_json(path: str, text: str) -> Infrastructure | None:
    """The finding for a log of events, one JSON object in a line, which both tools write as well."""
    first = text.lstrip().partition("\n")[0]
    for mark, mend in (
        ('"@level"', "write `terraform show -json PLAN > plan.json`, not `terraform plan -json`"),
        ('"sequence"', "write `pulumi preview --json` without PULUMI_ENABLE_STREAMING_JSON_PREVIEW"),
    ):
        if mark in first:
            message = "this is a log of events, not a plan"
            return _unread(path, 1, "infra/event-log", message, mend)
    return None


def _manifests(path: str, text: str) -> Infrastructure:
    if not may_hold_manifests(text):
        return _unread(path, 1, "infra/unknown-kind", "the content is of no known kind", f"give {_KNOWN}")
    documents, findings = read_documents(path, text)
    found = tuple(sorted([*findings, *moving_revisions(documents)]))
    return Infrastructure(InfraDocument.KUBERNETES, (), tuple(documents), found)


def _unread(path: str, line: int, rule: str, message: str, mend: str) -> Infrastructure:
    finding = Finding(path, line, 1, rule, message, mend, Severity.INSUFFICIENT)
    return Infrastructure(InfraDocument.UNKNOWN, (), (), (finding,))
