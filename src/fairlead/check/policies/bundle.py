"""Plain bundles: a folder with a `.manifest`, Rego and data, whose answers stand at a named entrypoint.

https://www.openpolicyagent.org/docs/management-bundles#bundle-file-format
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairlead.check.policies.annotations import rule_notes
from fairlead.check.policies.read import Policies
from fairlead.check.policies.rego_text import RegoText, closure
from fairlead.check.policies.shapes import list_of, mapping_of
from fairlead.check.policies.yaml_documents import YamlFaultError, read_documents
from fairlead.domain.finding import Finding
from fairlead.domain.gate import PolicySource
from fairlead.domain.policy import Dialect, Enforcement, Policy, Rating, Rule

__all__ = ["bundle_policies", "data_files", "is_manifest"]

_DATA = ("data.json", "data.yaml", "data.yml")


@dataclass(slots=True)
class _Bundle:
    """What was read so far: the folder, the roots that it owns, its data, and what is wrong."""

    folder: str
    roots: tuple[str, ...] = ("",)
    data: dict[str, Any] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)


def is_manifest(path: str) -> bool:
    """Whether a file is a bundle's manifest."""
    return path.rpartition("/")[2] == ".manifest"


def bundle_policies(texts: Iterable[tuple[str, str]], modules: Sequence[RegoText], source: PolicySource) -> Policies:
    """The policy at the source's entrypoint, with the bundle's data."""
    held = dict(texts)
    bundle = _Bundle(_folder(held, source))
    _read_manifest(bundle, held)
    _read_all_data(bundle, held)
    bundle.findings += _outside(bundle, modules)
    policy = _policy(bundle, modules, source)
    return Policies((policy,) if policy else (), tuple(bundle.findings), bundle.data)


def data_files(texts: Iterable[tuple[str, str]], folder: str) -> Policies:
    """The data that files called `data.json` or `data.yaml` hold, each below the folder that it lies in."""
    bundle = _Bundle(folder)
    _read_all_data(bundle, dict(texts))
    return Policies(findings=tuple(bundle.findings), data=bundle.data)


def _read_all_data(bundle: _Bundle, held: Mapping[str, str]) -> None:
    for path in sorted(held):
        if path.rpartition("/")[2] in _DATA:
            _read_data(bundle, path, held[path])


def _folder(held: Mapping[str, str], source: PolicySource) -> str:
    manifests = sorted((path for path in held if is_manifest(path)), key=len)
    return manifests[0].rpartition("/")[0] if manifests else source.path.strip("/").removeprefix("./")


def _read_manifest(bundle: _Bundle, held: Mapping[str, str]) -> None:
    path = f"{bundle.folder}/.manifest".lstrip("/")
    if path in held:
        manifest = mapping_of(_json(bundle, path, held[path]))
        bundle.roots = tuple(str(root).strip("/") for root in list_of(manifest.get("roots"))) or ("",)


def _read_data(bundle: _Bundle, path: str, text: str) -> None:
    try:
        documents = read_documents(text) if not path.endswith(".json") else ()
    except YamlFaultError as error:
        mend = "correct the YAML at this place"
        bundle.findings.append(Finding(path, error.line, error.column, "policy/broken-data", error.message, mend))
        return
    value = _json(bundle, path, text) if path.endswith(".json") else documents[0].value if documents else {}
    below = path.rpartition("/")[0].removeprefix(bundle.folder).strip("/")
    for part in reversed(below.split("/") if below else []):
        value = {part: value}
    if not isinstance(value, Mapping):
        message = "data at the top of a bundle must be a mapping"
        bundle.findings.append(Finding(path, 1, 1, "policy/broken-data", message, "write names and values"))
        return
    _merge(bundle.data, value)


def _merge(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        here = into.get(key)
        if isinstance(here, dict) and isinstance(value, Mapping):
            _merge(here, value)
        else:
            into[key] = dict(value) if isinstance(value, Mapping) else value


def _json(bundle: _Bundle, path: str, text: str) -> object:
    try:
        value: object = json.loads(text)
    except (ValueError, RecursionError) as error:
        line, column = (error.lineno, error.colno) if isinstance(error, json.JSONDecodeError) else (1, 1)
        message = f"this is no JSON: {error.msg if isinstance(error, json.JSONDecodeError) else error}"
        bundle.findings.append(Finding(path, line, column, "policy/broken-data", message, "correct it at this place"))
        return {}
    return value


def _outside(bundle: _Bundle, modules: Sequence[RegoText]) -> Iterator[Finding]:
    for text in modules:
        place = text.package.replace(".", "/")
        if not any(not root or f"{place}/".startswith(f"{root}/") for root in bundle.roots):
            message = f"the package {text.package} lies outside of the bundle's roots ({', '.join(bundle.roots)})"
            mend = "add its root to `.manifest`, or move the module"
            yield Finding(text.module.path, text.line, 1, "policy/outside-roots", message, mend)


def _policy(bundle: _Bundle, modules: Sequence[RegoText], source: PolicySource) -> Policy | None:
    entrypoint = source.entrypoint.replace("/", ".").removeprefix("data.")
    package, _, name = entrypoint.rpartition(".")
    text = next((each for each in modules if each.package == package and each.heads_of(name)), None)
    if text is None:
        known = sorted({f"{each.package}.{head.name}" for each in modules for head in each.heads})
        message = f"the entrypoint {entrypoint} is not there" if entrypoint else "the bundle's entrypoint is not named"
        mend = f"set `entrypoint` to one of: {', '.join(known[:20]) or 'none: the bundle has no rule'}"
        bundle.findings.append(Finding(source.path, 0, 0, "policy/no-entrypoint", message, mend))
        return None
    rule = Rule(entrypoint.replace(".", "/"), name, Rating.MEDIUM, path=text.module.path)
    annotated = rule_notes(text, rule, name)
    bundle.findings += annotated.findings
    return Policy(
        rule=annotated.notes.rule,
        modules=tuple(each.module for each in closure(modules, package)),
        entrypoint=entrypoint,
        dialect=Dialect.BUNDLE,
        source=source.path,
        enforcement=Enforcement(source.enforcement),
        environments=tuple(source.environments),
    )
