"""The rules of a commit, ready to judge by: packs as tuned, the workspace's own Rego, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairlead.check.policies.packs import Tuning, load_packs
from fairlead.check.policies.read import Policies, together
from fairlead.check.policies.sources import SUFFIXES, load
from fairlead.declare.places import FieldPlaces
from fairlead.declare.reader import WORKSPACE_FILE
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.gate import PackSetting, PolicyRepository, PolicySource
from fairlead.domain.policy import Policy
from fairlead.domain.tree import TreeEntry
from fairlead.domain.workspace import WorkspaceSpec
from fairlead.kernel.digests import digest_of
from fairlead.kernel.errors import BrokenWorldError, FairleadError
from fairlead.ports import Tree, leaves

__all__ = ["Rulebook", "Shelf", "foreign_rulebook", "own_texts", "read_rulebook"]

Shelf = Callable[[PolicyRepository], Tree]
"""Opens a policy repository at its pinned commit. BrokenWorldError where it cannot be reached."""

_LARGEST = 10 << 20
_DEEPEST = 32


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Rules ready to judge by. `workspace` is what their commit declares; `packs` are those that are on."""

    workspace: WorkspaceSpec | None = None
    policies: tuple[Policy, ...] = ()
    findings: tuple[Finding, ...] = ()
    data: Mapping[str, Any] = field(default_factory=dict)
    packs: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Hex sha256 of everything that shapes an answer: rules, their sources, parameters and enforcement."""
        return digest_of(
            [
                [
                    each.rule.id,
                    each.enforcement.value,
                    [module.text for module in each.modules],
                    repr(sorted(each.parameters.items())),
                    repr(each.match.criteria),
                    list(each.environments),
                ]
                for each in self.policies
            ]
        )


def read_rulebook(tree: Tree, workspace: WorkspaceSpec | None, shelf: Shelf) -> Rulebook:
    """The rules that a tree declares. What cannot be read is a finding that blocks."""
    if workspace is None or workspace.policies is None:
        return Rulebook(workspace)
    spec = workspace.policies
    places = FieldPlaces(tree, WORKSPACE_FILE)
    tuning = Tuning(
        packs=spec.packs,
        environments={each.name: each.policies for each in workspace.environments},
        path=WORKSPACE_FILE,
        locate=lambda location: places.get(location, (1, 1)),
    )
    parts = [load_packs(tuning), *(_own(tree, source.path, source) for source in spec.sources)]
    if spec.repository is not None:
        parts.append(_borrowed(spec.repository, shelf))
    return _book(workspace, together(parts), tuple(spec.packs))


def foreign_rulebook(packs: Mapping[str, PackSetting], sources: Mapping[str, Tree]) -> Rulebook:
    """Rules for a repository that declares none: packs by name, and folders of Rego by what they are called."""
    own = (_own(tree, "", PolicySource(path=name)) for name, tree in sources.items())
    return _book(None, together([load_packs(Tuning(packs)), *own]), tuple(packs))


def _book(workspace: WorkspaceSpec | None, read: Policies, packs: tuple[str, ...]) -> Rulebook:
    """A finding about the rules keeps the gate shut: nobody knows what the broken one would have said."""
    return Rulebook(workspace, read.policies, read.findings, read.data, packs)


def _own(tree: Tree, path: str, source: PolicySource) -> Policies:
    try:
        return load(own_texts(tree, path), source)
    except FairleadError as error:
        found = Finding(source.path, 0, 0, "policy/unreadable", error.what, error.mend, Severity.FAULT)
        return Policies(findings=(found,))


def _borrowed(repository: PolicyRepository, shelf: Shelf) -> Policies:
    try:
        tree = shelf(repository)
        parts = [load(own_texts(tree, each.path), each) for each in repository.sources]
        return together(parts)
    except FairleadError as error:
        message = f"the policy repository cannot be read: {error.what}"
        mend = error.mend or f"see that {repository.url} can be cloned and has commit {repository.commit[:12]}"
        found = Finding(WORKSPACE_FILE, 1, 1, "policy/unreachable", message, mend, Severity.FAULT)
        return Policies(findings=(found,))


def own_texts(tree: Tree, path: str) -> list[tuple[str, str]]:
    """Path and text of each file below `path` (or at it) that policies are read from. Links are not followed.

    BrokenWorldError where there is more than is read: half of the rules would be no rules.
    """
    root = tree.entry(path) if path else None
    if root is not None and root.kind == "blob":
        return [(root.path, _text(tree, root))]
    found = leaves(tree, path.strip("/"), _DEEPEST)
    return [(each.path, _text(tree, each)) for each in found if each.kind == "blob" and each.path.endswith(SUFFIXES)]


def _text(tree: Tree, entry: TreeEntry) -> str:
    if entry.size > _LARGEST:
        message = f"{entry.path} has {entry.size} bytes, more than the {_LARGEST} that are read"
        raise BrokenWorldError(message, where=entry.path, mend="keep large files out of the policies' folder")
    with tree.open(entry) as stream:
        return stream.read(_LARGEST).decode("utf-8", "replace")
