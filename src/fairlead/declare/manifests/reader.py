"""A foreign repository's tree -> its Kubernetes documents, with what kustomizations make of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from fairlead.declare.manifests.argocd import moving_revisions
from fairlead.declare.manifests.documents import read_documents
from fairlead.declare.manifests.files import KUSTOMIZATION_NAMES, MAX_FILES, text_of, walk
from fairlead.declare.manifests.kustomizations import Kustomization, Kustomizations, read_kustomization
from fairlead.declare.yaml_text import shorten
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.infrastructure import KustomizeError, Manifest, Manifests
from fairlead.domain.tree import TreeEntry
from fairlead.ports import Progress, Tree

__all__ = ["MAX_BYTES", "MAX_RENDERED", "Manifests", "read_manifests"]

MAX_BYTES = 256 << 20
"""Bytes of manifests in one tree that are read."""

MAX_RENDERED = 500
"""Kustomizations of one tree that are rendered."""

_INSTALL = "install `kustomize` or `kubectl`, so that what it makes is read, not what it is made of"


@dataclass(slots=True)
class _Found:
    """What a walk over the tree has gathered so far."""

    by_path: dict[str, list[Manifest]] = field(default_factory=dict)
    kustomizations: list[Kustomization] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    problems: dict[str, list[Finding]] = field(default_factory=dict)


def read_manifests(
    tree: Tree, *, kustomize: Callable[[str], str] | None, progress: Progress | None = None
) -> Manifests:
    """All Kubernetes documents of `tree`.

    `kustomize` renders the kustomization in a folder of the tree (its path, empty for the root) and answers with
    YAML, or raises KustomizeError; None where no such program is there. A file that a rendered kustomization covers is
    reported as what it became, not once more as it stands. Charts and templates are named and not read.
    """
    found = _gather(tree, progress)
    graph = Kustomizations(found.kustomizations)
    rendered, covered = _render(tree, found, graph, kustomize, progress)
    skipped = covered | graph.patches()
    documents = [*rendered]
    for path, manifests in found.by_path.items():
        documents += [] if path in skipped else manifests
    for path, problems in found.problems.items():
        found.findings += [] if path in skipped else problems
    found.findings += moving_revisions(documents)
    documents.sort(key=lambda each: (each.path, each.line, each.origin, each.kind, each.name))
    return Manifests(tuple(documents), tuple(sorted(found.findings)))


def _gather(tree: Tree, progress: Progress | None) -> _Found:
    found = _Found()
    entries = list(walk(tree))
    charts = {each.path.rpartition("/")[0] for each in entries if each.path.rpartition("/")[2] == "Chart.yaml"}
    found.findings += [_chart(folder) for folder in sorted(charts) if not _inside_chart(folder, charts)]
    if len(entries) >= MAX_FILES:
        message = f"the tree has more than the {MAX_FILES} names that are looked at"
        found.findings.append(_insufficient("", 0, "foreign/too-large", message, "check a folder of it"))
    room = MAX_BYTES
    for done, entry in enumerate(entries):
        if progress is not None:
            progress(done, len(entries), "reading manifests")
        room -= entry.size
        if room < 0:
            message = f"the tree has more than the {MAX_BYTES} bytes of manifests that are read"
            found.findings.append(_insufficient(entry.path, 1, "foreign/too-large", message, "check a folder of it"))
            break
        if not _inside_chart(entry.path, charts):
            _read(tree, entry, found)
    return found


def _inside_chart(path: str, charts: set[str]) -> bool:
    """Whether a path lies in a chart's templates, or in the charts that it carries along."""
    for folder in charts:
        prefix = f"{folder}/" if folder else ""
        if path.startswith((f"{prefix}templates/", f"{prefix}charts/")):
            return True
    return False


def _chart(folder: str) -> Finding:
    path = f"{folder}/Chart.yaml" if folder else "Chart.yaml"
    message = "a Helm chart: its templates are not YAML before they are rendered, and were not read"
    mend = f"check what it makes: `helm template {folder or '.'} > manifests.yaml`, then `--iac manifests.yaml`"
    return Finding(path, 1, 1, "foreign/helm-chart", message, mend, Severity.INFO)


def _read(tree: Tree, entry: TreeEntry, found: _Found) -> None:
    text, problem = text_of(tree, entry)
    if problem is not None:
        found.problems.setdefault(entry.path, []).append(problem)
    if text is None:
        return
    if entry.path.rpartition("/")[2] in KUSTOMIZATION_NAMES:
        kustomization = read_kustomization(entry.path, text)
        if isinstance(kustomization, Finding):
            found.findings.append(kustomization)
        else:
            found.kustomizations.append(kustomization)
        return
    documents, problems = read_documents(entry.path, text)
    if documents:
        found.by_path[entry.path] = documents
    if problems:
        found.problems.setdefault(entry.path, []).extend(problems)


def _render(
    tree: Tree,
    found: _Found,
    graph: Kustomizations,
    kustomize: Callable[[str], str] | None,
    progress: Progress | None,
) -> tuple[list[Manifest], set[str]]:
    """What the kustomizations make, and the files that need not be read any more because of that."""
    documents: list[Manifest] = []
    covered: set[str] = set()
    roots = graph.roots()
    for done, root in enumerate(roots):
        if progress is not None:
            progress(done, len(roots), "rendering kustomizations")
        problem = _not_renderable(tree, root, graph, done, has_program=kustomize is not None)
        if problem is not None or kustomize is None:
            found.findings += [problem] if problem is not None else []
            continue
        try:
            text = kustomize(root.folder)
        except KustomizeError as error:
            message = f"kustomize cannot render this: {error.what}"
            mend = error.mend or f"run `kustomize build {root.folder or '.'}` and mend what it says"
            found.findings.append(_insufficient(root.path, 1, "foreign/kustomize-failed", message, mend))
            continue
        files = graph.files(root)
        written = [each for path in sorted(files) for each in found.by_path.get(path, ())]
        made, problems = read_documents(root.path, text)
        documents += [_placed(each, root, written) for each in made]
        found.findings += [replace(each, line=1, column=1) for each in problems]
        covered |= files
    return documents, covered


def _not_renderable(
    tree: Tree, root: Kustomization, graph: Kustomizations, done: int, *, has_program: bool
) -> Finding | None:
    """Why a kustomization is not rendered, or None. No program is started on one that could reach the network."""
    for part in graph.closure(root):
        for what, line in part.remote:
            message = f"not rendered: {what} is fetched from elsewhere, and a check asks no network"
            mend = "copy it into the repository, or check what `kustomize build` makes with `--iac`"
            return _insufficient(part.path, line, "foreign/kustomize-remote", message, mend)
        absent = next((each for each in (*part.entries, *part.patches) if not _is_here(tree, each)), None)
        if absent is not None:
            # What is not there is taken for a repository's address, and kustomize would go and ask for it.
            message = f"not rendered: there is no {shorten(absent)} in what is checked"
            mend = "commit it, or check the folder that holds it"
            return _insufficient(part.path, 1, "foreign/kustomize-absent", message, mend)
    if not has_program:
        message = "a kustomization, and no program here that renders it: its resources are read as they stand"
        return Finding(root.path, 1, 1, "foreign/no-kustomize", message, _INSTALL, Severity.INFO)
    if done >= MAX_RENDERED:
        message = f"not rendered: the tree has more than {MAX_RENDERED} kustomizations"
        return _insufficient(root.path, 1, "foreign/too-large", message, "check a folder of it")
    return None


def _is_here(tree: Tree, path: str) -> bool:
    """Whether a path is a file or a folder of the tree; a link might lead out of it."""
    entry = tree.entry(path)
    return path == "." or (entry is not None and entry.kind in {"blob", "tree"})


def _placed(made: Manifest, root: Kustomization, written: list[Manifest]) -> Manifest:
    """A rendered document at the place where somebody wrote it; names get prefixes and suffixes on the way."""
    alike = [each for each in written if each.kind == made.kind and each.name and each.name in made.name]
    source = max(alike, key=lambda each: len(each.name), default=None)
    if source is None:
        return replace(made, path=root.path, line=1, lines={}, origin=root.path)
    return replace(made, path=source.path, line=source.line, lines=source.lines, origin=root.path)


def _insufficient(path: str, line: int, rule: str, message: str, mend: str) -> Finding:
    return Finding(path, line, 1 if line else 0, rule, message, mend, Severity.INSUFFICIENT)
