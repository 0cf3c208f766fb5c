"""Rego and YAML of the user's own -> policies, by dialect: given, or recognised from the content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from fairlead.check.policies.bundle import bundle_policies, is_manifest
from fairlead.check.policies.conftest_style import conftest_policies
from fairlead.check.policies.gatekeeper.constraint import is_constraint
from fairlead.check.policies.gatekeeper.read import gatekeeper_policies
from fairlead.check.policies.gatekeeper.template import is_template
from fairlead.check.policies.plain_rules import plain_rule_policies
from fairlead.check.policies.read import Policies, together
from fairlead.check.policies.rego_text import RegoText, read_rego
from fairlead.check.policies.yaml_documents import Document, YamlFaultError, read_documents
from fairlead.domain.finding import Finding
from fairlead.domain.gate import PolicySource
from fairlead.domain.policy import Module

__all__ = ["SUFFIXES", "load"]

SUFFIXES = (".rego", ".yaml", ".yml", ".json", ".manifest")
"""Endings of the files that policies are read from."""

_TEST = "_test.rego"


@dataclass(frozen=True, slots=True)
class _Files:
    """A source's files, by what they are."""

    documents: tuple[tuple[str, Document], ...]
    modules: tuple[RegoText, ...]
    texts: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]


def load(texts: Iterable[tuple[str, str]], source: PolicySource) -> Policies:
    """The policies in a source's files: pairs of path and text. Nothing to judge by is a finding, never a pass."""
    files = _files(sorted(texts))
    parts = [Policies(findings=files.findings), *_parts(files, source)]
    found = together(parts)
    if found.policies or found.findings:
        return found
    message = f"no policy was found in {source.path}"
    mend = "name a folder with Gatekeeper templates and constraints, conftest rules (deny, warn) or a bundle"
    return Policies(findings=(Finding(source.path, 0, 0, "policy/none-found", message, mend),))


def _parts(files: _Files, source: PolicySource) -> Iterator[Policies]:
    chosen = source.dialect
    templates = any(is_template(each) or is_constraint(each) for _, each in files.documents)
    if templates and chosen in {"auto", "gatekeeper"}:
        yield gatekeeper_policies(files.documents, source)
    if chosen == "bundle" or (chosen == "auto" and any(is_manifest(path) for path, _ in files.texts)):
        yield bundle_policies(files.texts, files.modules, source)
    elif chosen == "gatekeeper" and not templates:
        yield plain_rule_policies(files.modules, source)
    elif chosen == "conftest":
        yield conftest_policies(files.modules, files.modules, source)
    elif chosen == "auto":
        # A template's Rego often lies beside it, as the source it was built from: that one is in the template already.
        of_gatekeeper = [text for text in files.modules if "input.review" in text.module.text]
        own = [text for text in files.modules if text not in of_gatekeeper]
        yield conftest_policies(own, files.modules, source)
        if not templates:
            yield plain_rule_policies(of_gatekeeper, source, files.modules)


def _files(texts: Sequence[tuple[str, str]]) -> _Files:
    documents: list[tuple[str, Document]] = []
    findings: list[Finding] = []
    for path, text in texts:
        if path.endswith((".yaml", ".yml")):
            try:
                documents += [(path, each) for each in read_documents(text)]
            except YamlFaultError as error:
                mend = "correct the YAML at this place, or keep the file elsewhere"
                findings.append(Finding(path, error.line, error.column, "policy/broken-yaml", error.message, mend))
    rego = [Module(path, text) for path, text in texts if path.endswith(".rego") and not path.endswith(_TEST)]
    modules = [read_rego(module) for module in rego]
    findings += [_no_package(text) for text in modules if not text.package]
    return _Files(tuple(documents), tuple(text for text in modules if text.package), tuple(texts), tuple(findings))


def _no_package(text: RegoText) -> Finding:
    mend = "begin the file with `package NAME`"
    return Finding(text.module.path, text.module.line, 1, "policy/broken-rego", "the file names no package", mend)
