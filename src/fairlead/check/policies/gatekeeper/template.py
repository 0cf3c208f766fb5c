"""`ConstraintTemplate` (v1 and v1beta1) -> its Rego, with the line at which each module stands in the file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.check.policies.annotations import rule_notes
from fairlead.check.policies.rego_text import read_rego
from fairlead.check.policies.shapes import list_of, mapping_of
from fairlead.check.policies.yaml_documents import Document
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.policy import Module, Rating, Rule

__all__ = ["TARGET", "Template", "TemplateRead", "is_template", "read_template"]

GROUP = "templates.gatekeeper.sh"
TARGET = "admission.k8s.gatekeeper.sh"
_CEL = "K8sNativeValidation"
_Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """What constraints of a kind are judged by. `rule` carries what the template says of itself; its id is the name."""

    kind: str
    rule: Rule
    modules: tuple[Module, ...]
    entrypoint: str
    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TemplateRead:
    """A template, or None and why not. `kind` is known also where the rest cannot be used."""

    kind: str
    template: Template | None
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Code:
    """Where a target keeps its Rego."""

    rego: str
    path: _Path
    libraries: tuple[tuple[str, _Path], ...]


def is_template(document: Document) -> bool:
    """Whether a document is a ConstraintTemplate."""
    value = document.value
    if not isinstance(value, Mapping) or value.get("kind") != "ConstraintTemplate":
        return False
    return str(value.get("apiVersion") or "").startswith(f"{GROUP}/")


def read_template(document: Document, path: str) -> TemplateRead:
    """The template that a document holds."""
    value = document.value
    metadata = mapping_of(value.get("metadata"))
    name = str(metadata.get("name") or "")
    crd = mapping_of(mapping_of(mapping_of(value.get("spec")).get("crd")).get("spec"))
    kind = str(mapping_of(crd.get("names")).get("kind") or "")
    if not kind or name != kind.lower():
        message = f"the template's name {name!r} must be its kind in lower case ({kind or 'which is missing'!r})"
        mend = "correct `metadata.name` and `spec.crd.spec.names.kind`; Gatekeeper refuses it too"
        found = Finding(path, document.line_of("metadata", "name"), 1, "policy/broken-template", message, mend)
        return TemplateRead(kind, None, (found,))
    codes = list(_codes(value))
    if not codes:
        return TemplateRead(kind, None, (_no_rego(document, path, name),))
    modules = tuple(_modules(codes[0], document, path))
    text = read_rego(modules[0])
    if not text.package or not text.heads_of("violation"):
        message = (
            f"the Rego of {name} has no rule `violation`" if text.package else f"the Rego of {name} names no package"
        )
        mend = 'write `package NAME` and `violation[{"msg": msg}] { ... }`, as Gatekeeper asks'
        found = Finding(path, modules[0].line, 1, "policy/broken-template", message, mend)
        return TemplateRead(kind, None, (found,))
    rule = _rule(name, kind, metadata, Rule(name, kind, Rating.MEDIUM, path=path, line=document.line))
    annotated = rule_notes(text, rule, "violation")
    schema = mapping_of(mapping_of(crd.get("validation")).get("openAPIV3Schema"))
    template = Template(kind, annotated.notes.rule, modules, f"{text.package}.violation", schema)
    return TemplateRead(kind, template, annotated.findings)


def _codes(value: Mapping[str, Any]) -> Iterator[_Code]:
    for place, target in enumerate(list_of(mapping_of(value.get("spec")).get("targets"))):
        if not isinstance(target, Mapping) or target.get("target") not in (TARGET, None):
            continue
        at: _Path = ("spec", "targets", place)
        for number, code in enumerate(list_of(target.get("code"))):
            if isinstance(code, Mapping) and code.get("engine") == "Rego":
                yield from _code(mapping_of(code.get("source")), (*at, "code", number, "source"))
        yield from _code(target, at)


def _code(source: Mapping[str, Any], at: _Path) -> Iterator[_Code]:
    rego = source.get("rego")
    if isinstance(rego, str) and rego.strip():
        libraries = enumerate(list_of(source.get("libs")))
        yield _Code(rego, (*at, "rego"), tuple((text, (*at, "libs", n)) for n, text in libraries if _is_text(text)))


def _modules(code: _Code, document: Document, path: str) -> Iterator[Module]:
    for text, at in ((code.rego, code.path), *code.libraries):
        yield Module(path, text, document.text_line(*at))


def _no_rego(document: Document, path: str, name: str) -> Finding:
    line = document.line_of("spec", "targets")
    if _CEL in str(document.value.get("spec")):
        message = f"{name} is written in CEL only ({_CEL}), which is not judged here"
        mend = "give the template a Rego source beside it, or judge it in the cluster"
        return Finding(path, line, 1, "policy/not-judged", message, mend, Severity.INSUFFICIENT)
    mend = f"write the rule under spec.targets[].rego, for the target {TARGET}"
    return Finding(path, line, 1, "policy/broken-template", f"{name} holds no Rego for {TARGET}", mend)


def _rule(name: str, kind: str, metadata: Mapping[str, Any], rule: Rule) -> Rule:
    notes = {str(key): " ".join(each.split()) for key, each in _annotations(metadata) if isinstance(each, str)}
    rating = notes.get("fairlead.dev/severity", "")
    return Rule(
        id=name,
        title=notes.get("metadata.gatekeeper.sh/title") or kind,
        rating=Rating(rating) if rating in {each.value for each in Rating} else rule.rating,
        reason=notes.get("description", ""),
        mend=notes.get("fairlead.dev/mend", ""),
        reference=notes.get("fairlead.dev/reference", ""),
        path=rule.path,
        line=rule.line,
    )


def _annotations(metadata: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    yield from mapping_of(metadata.get("annotations")).items()


def _is_text(value: object) -> bool:
    return isinstance(value, str)
