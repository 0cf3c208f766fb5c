"""Reads what a tree says of its gate: every file that decides, so that two trees can be compared, and one approved."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from fairlead.check.policies.packs import Tuning, load_packs
from fairlead.check.policies.sources import SUFFIXES
from fairlead.check.protection.rules import Force, GateRules, Member, Oddity
from fairlead.declare.document import read_document
from fairlead.declare.reader import WORKSPACE_FILE
from fairlead.declare.waivers import read_waivers
from fairlead.domain.gate import Policies
from fairlead.domain.tree import TreeEntry
from fairlead.domain.workspace import WorkspaceSpec
from fairlead.kernel.digests import canonical_json, sha256_stream
from fairlead.ports import Tree, leaves

__all__ = ["read_gate_rules", "rules_identity"]

_LARGEST = 16 << 20
_CHUNK = 1 << 20
_GIT_ID = re.compile(r"[0-9a-f]{40}")


def read_gate_rules(tree: Tree) -> GateRules:
    """The rules of a tree. One without a readable fairlead.yaml has none, and says so in `readable`."""
    files = _Files(tree)
    entry = tree.entry(WORKSPACE_FILE)
    twins = tuple(files.twins(WORKSPACE_FILE))
    spec = read_document(WorkspaceSpec, tree, entry).spec if entry is not None else None
    if spec is None:
        return GateRules(oddities=twins)
    policies = spec.policies or Policies()
    approvals = policies.approvals
    waivers = {each.path: each for each in read_waivers(tree, policies.waivers).waivers}
    texts = [files.text(path) for path in (approvals.signers, approvals.keyring, approvals.code_owners)]
    return GateRules(
        readable=True,
        name=spec.name,
        declared=_declared(spec),
        policies=policies,
        environments=tuple(each.name for each in spec.environments),
        regions={each.name: each.region for each in spec.environments},
        required={
            each.name: approvals.required if each.approvals is None else each.approvals for each in spec.environments
        },
        packs=_packs(spec, policies),
        modules={key: value for source in policies.sources for key, value in files.below(source.path, SUFFIXES)},
        waivers=waivers,
        signers=texts[0],
        keyring=texts[1],
        code_owners=texts[2],
        members=_members(spec),
        keys={path: digest for key in policies.signatures.keys for path, digest in files.below(key)},
        vulnerabilities=dict(files.ids_below(policies.vulnerabilities)),
        oddities=tuple(dict.fromkeys((*twins, *files.oddities(policies.waivers.folder)))),
        paths=tuple(sorted({*files.seen, policies.waivers.folder})),
    )


def rules_identity(tree: Tree, rules: GateRules) -> tuple[str, ...]:
    """What of `tree` the rules rest on: where it is equal, `read_gate_rules` answers the same again.

    A new place can only be named in fairlead.yaml, and a twin of a name can only stand beside it.
    """
    places = (WORKSPACE_FILE, *(way for path in rules.paths for way in _ways(path)))
    found = (tree.entry(place) for place in dict.fromkeys(places))
    names = (each.path for each in tree.entries(""))
    return (*(each.id if each is not None else "" for each in found), *names)


def _ways(path: str) -> Iterator[str]:
    """The path and the folders that lead to it."""
    parts = path.split("/")
    return ("/".join(parts[: count + 1]) for count in range(len(parts)) if parts[0])


def _declared(spec: WorkspaceSpec) -> str:
    """What is written of the gate, as it is written: a field that is given weighs more than one that is left out."""
    kept = spec.model_dump(
        mode="json", by_alias=True, exclude_unset=True, include={"policies", "principals", "environments"}
    )
    for each in kept["environments"]:
        for name in set(each) - {"name", "policies", "approvals", "region"}:
            del each[name]
    return canonical_json(kept).decode()


def _packs(spec: WorkspaceSpec, policies: Policies) -> Mapping[tuple[str, str], Force]:
    tuned = {each.name: each.policies for each in spec.environments}
    if not policies.packs and not any(tuned.values()):
        return {}
    found: dict[tuple[str, str], Force] = {}
    for policy in load_packs(Tuning(policies.packs, tuned)).policies:
        for name in policy.environments or ("", *tuned):
            found[policy.rule.id, name] = Force(policy.enforcement.value, policy.parameters)
    return found


def _members(spec: WorkspaceSpec) -> Mapping[str, Member]:
    return {
        each.email.strip().casefold(): Member("approver" in each.roles, each.github.casefold())
        for each in spec.principals
    }


@dataclass(slots=True)
class _Files:
    """Reads files of a tree, and remembers which places it was asked for."""

    tree: Tree
    seen: list[str] = field(default_factory=list)

    def text(self, path: str) -> str:
        """Text of a file; '' where there is none, or where it is no plain file."""
        if not path:
            return ""
        self.seen.append(_plain(path))
        entry = self.tree.entry(_plain(path))
        if entry is None or entry.kind != "blob":
            return ""
        with self.tree.open(entry) as stream:
            return stream.read(_LARGEST).decode(errors="replace")

    def below(self, path: str, suffixes: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
        """Path and sha256 of every file at `path` or below it."""
        self.seen.append(_plain(path))
        for entry in self._walk(_plain(path)):
            if not suffixes or entry.path.endswith(suffixes):
                yield entry.path, self._digest(entry)

    def ids_below(self, path: str) -> Iterator[tuple[str, str]]:
        """Path and Git blob id of every file below `path`: known without reading it where the tree is Git's."""
        if not path:
            return
        self.seen.append(_plain(path))
        for entry in self._walk(_plain(path)):
            yield entry.path, entry.id if _GIT_ID.fullmatch(entry.id) else self._blob_id(entry)

    def oddities(self, *more: str) -> Iterator[Oddity]:
        """Links and submodules on the way to what was read or below it, and names that differ in letters' form only."""
        for path in dict.fromkeys([*self.seen, *(_plain(each) for each in more)]):
            yield from self.twins(path)
            entries = [entry for way in _ways(path) if (entry := self.tree.entry(way)) is not None]
            for entry in [*entries, *self._walk(path, plain=False)]:
                if entry.kind in {"link", "commit"}:
                    what = "a symbolic link, which is never followed" if entry.kind == "link" else "a submodule"
                    yield Oddity(entry.path, what)

    def twins(self, path: str) -> Iterator[Oddity]:
        """Names on the way to `path` that some systems take for the same: other letter case, other Unicode form."""
        parts = path.split("/")
        for count, part in enumerate(parts):
            folder = "/".join(parts[:count])
            for entry in self.tree.entries(folder):
                name = entry.path.rpartition("/")[2]
                if name != part and _folded(name) == _folded(part):
                    yield Oddity(entry.path, f"some systems take it for `{path}`")

    def _walk(self, path: str, *, plain: bool = True) -> Iterator[TreeEntry]:
        entry = self.tree.entry(path) if path else None
        if path and entry is None:
            return
        found = [entry] if entry is not None and entry.kind != "tree" else leaves(self.tree, path)
        yield from (each for each in found if each.kind == "blob" or not plain)

    def _digest(self, entry: TreeEntry) -> str:
        with self.tree.open(entry) as stream:
            return sha256_stream(iter(lambda: stream.read(_CHUNK), b""))[0]

    def _blob_id(self, entry: TreeEntry) -> str:
        """The id that Git would give to a file of the working folder."""
        state = hashlib.sha1(b"blob %d\0" % entry.size, usedforsecurity=False)
        with self.tree.open(entry) as stream:
            for chunk in iter(lambda: stream.read(_CHUNK), b""):
                state.update(chunk)
        return state.hexdigest()


def _plain(path: str) -> str:
    """A path as trees write it."""
    return "/".join(part for part in path.split("/") if part not in {"", "."})


def _folded(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
