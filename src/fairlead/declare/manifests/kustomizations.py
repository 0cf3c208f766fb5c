"""Kustomizations: which files belong to which, which stand for themselves, and which would ask the network."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fairlead.declare.manifests.yaml_stream import read_document
from fairlead.declare.yaml_text import YamlProblemError
from fairlead.domain.finding import Finding, Severity

__all__ = ["Kustomization", "Kustomizations", "read_kustomization"]

_RESOURCES = ("resources", "bases", "components", "crds", "configurations", "generators", "transformers", "validators")
_PATCHES = ("patches", "patchesJson6902", "replacements", "patchesStrategicMerge")
_GENERATORS = ("configMapGenerator", "secretGenerator")
_REMOTE = re.compile(r"^[a-z0-9+.]+://|^git::|^git@|\?(ref|version|timeout|submodules)=|^(www\.)?git(hub|lab)\.com[/:]")
_ADDRESS = re.compile(r"(^|=)[a-z0-9+.]+://")
_HELM = ("helmCharts", "helmChartInflationGenerator")


@dataclass(frozen=True, slots=True)
class Kustomization:
    """One kustomization. `entries` are the local paths it is made of, `patches` those that change others.

    `remote` is what it would fetch from elsewhere, with lines; `component` one that only others can use.
    """

    path: str
    entries: tuple[str, ...]
    patches: tuple[str, ...]
    remote: tuple[tuple[str, int], ...]
    component: bool

    @property
    def folder(self) -> str:
        """The folder that `kustomize build` is given; empty for the tree's root."""
        return self.path.rpartition("/")[0]


def read_kustomization(path: str, text: str) -> Kustomization | Finding:
    """The kustomization in `text`, or why it cannot be read."""
    try:
        document = read_document(text)
    except YamlProblemError as problem:
        message = f"the kustomization cannot be read: {problem.message}"
        place = (path, problem.line, problem.column)
        return Finding(*place, problem.rule, message, "mend the YAML", Severity.INSUFFICIENT)
    data = document.data if document is not None and isinstance(document.data, dict) else {}
    lines = document.lines if document is not None else {}
    folder = path.rpartition("/")[0]
    entries: list[str] = []
    patches: list[str] = []
    remote = [(value, lines.get((field,), 1)) for field, value in _generated_from(data) if _ADDRESS.search(value)]
    for field, at, value in _references(data):
        if _REMOTE.search(value):
            remote.append((value, lines.get((field, at), 1)))
        else:
            (patches if field in _PATCHES else entries).append(posixpath.normpath(posixpath.join(folder, value)))
    remote += [(f"the charts of `{field}`", lines.get((field,), 1)) for field in _HELM if data.get(field)]
    return Kustomization(path, tuple(entries), tuple(patches), tuple(remote), data.get("kind") == "Component")


def _references(data: Mapping[str, Any]) -> Iterator[tuple[str, int, str]]:
    for field in (*_RESOURCES, *_PATCHES):
        values = data.get(field)
        for at, value in enumerate(values if isinstance(values, list) else ()):
            path = value.get("path") if isinstance(value, dict) else value
            # A patch or a generator may be written into the kustomization itself, over several lines.
            if isinstance(path, str) and path and "\n" not in path:
                yield field, at, path


def _generated_from(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What configurations and secrets are made from: kustomize fetches addresses there too."""
    for field in _GENERATORS:
        values = data.get(field)
        for each in values if isinstance(values, list) else ():
            about = each if isinstance(each, dict) else {}
            files = [*_texts(about.get("files")), *_texts(about.get("envs")), *_texts([about.get("env")])]
            yield from ((field, value) for value in files)
    openapi = data.get("openapi")
    yield from (("openapi", value) for value in _texts([openapi.get("path")] if isinstance(openapi, dict) else None))


def _texts(values: object) -> list[str]:
    return [each for each in values if isinstance(each, str)] if isinstance(values, list) else []


class Kustomizations:
    """All kustomizations of a tree, by folder."""

    def __init__(self, found: Iterable[Kustomization]) -> None:
        self._by_folder = {each.folder: each for each in found}

    def roots(self) -> list[Kustomization]:
        """Those that no other one uses, in order of path: what somebody would apply."""
        used = {entry for each in self._by_folder.values() for entry in each.entries}
        found = [each for each in self._by_folder.values() if each.folder not in used and not each.component]
        return sorted(found, key=lambda each: each.path)

    def closure(self, root: Kustomization) -> list[Kustomization]:
        """`root` and every kustomization that it is made of."""
        found = {root.folder: root}
        waiting = [root]
        while waiting:
            for entry in waiting.pop().entries:
                used = self._by_folder.get(entry if entry != "." else "")
                if used is not None and used.folder not in found:
                    found[used.folder] = used
                    waiting.append(used)
        return list(found.values())

    def files(self, root: Kustomization) -> set[str]:
        """Every path that `root` covers: resources, patches, and the kustomizations themselves."""
        return {path for each in self.closure(root) for path in (each.path, *each.entries, *each.patches)}

    def patches(self) -> set[str]:
        """Every file that only changes others."""
        return {path for each in self._by_folder.values() for path in each.patches}
