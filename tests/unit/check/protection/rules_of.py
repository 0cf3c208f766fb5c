"""Rules of a gate as a test writes them: fairlead.yaml's text and other files in an in-memory tree."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import BinaryIO

from fairlead.check.protection.rules import GateRules
from fairlead.domain.tree import TreeEntry
from fairlead.flows.gate_rules import read_gate_rules
from fairlead.kernel.digests import sha256_hex

__all__ = ["WORKSPACE", "MemoryTree", "rules_of"]

WORKSPACE = """\
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
name: shop
environments:
  - name: dev
    target: {port: 8080}
  - name: prod
    target: {port: 8081}
    region: eu-central-1
    approvals: 2
principals:
  - {name: Alice, email: alice@example.com, roles: [operator]}
  - {name: Bob, email: bob@example.com, roles: [approver], github: bob}
  - {name: Carol, email: carol@example.com, roles: [approver]}
policies:
  owners: [olga@example.com]
  sources:
    - {path: policies}
    - {path: strict, environments: [prod]}
  infrastructure: [plan.json]
  vulnerabilities: osv
  waivers:
    never: [baseline/digest, privacy/*]
    longest: {high: 10d}
  approvals:
    required: 1
    codeOwners: CODEOWNERS
    expires: 14d
    vouched: false
    signedChanges: true
    github: org/repo
  signatures:
    required: true
    keys: [keys/model.pem]
"""

FILES = {
    "fairlead.yaml": WORKSPACE,
    "policies/labels.rego": "package labels\n",
    "strict/owner.rego": "package owner\n",
    "osv/GHSA-1.json": "{}",
    "plan.json": "{}",
    "keys/model.pem": "key\n",
    "CODEOWNERS": "* bob@example.com\n/models/ carol@example.com # models\n",
    ".fairlead/allowed_signers": "# keys\nbob@example.com ssh-ed25519 AAAA\n",
    "waivers/old.yaml": """\
apiVersion: fairlead.dev/v1alpha1
kind: Waiver
rule: baseline/licence
scope: {models: [digits], environments: [dev]}
reason: The licence is being clarified.
expires: 2026-12-01
requestedBy: alice@example.com
approvedBy: bob@example.com
""",
}
"""A workspace whose gate has everything on."""


class MemoryTree:
    """A Tree of files in memory. A value of `@TARGET` is a symbolic link."""

    label = "memory"

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = dict(files)

    def entries(self, path: str) -> Sequence[TreeEntry]:
        """Children of a folder."""
        prefix = f"{path}/" if path else ""
        names = {each[len(prefix) :].partition("/")[0] for each in self._files if each.startswith(prefix)}
        return [entry for name in sorted(names) if (entry := self.entry(prefix + name)) is not None]

    def entry(self, path: str) -> TreeEntry | None:
        """The entry at a path."""
        content = self._files.get(path)
        if content is not None:
            kind = "link" if content.startswith("@") else "blob"
            return TreeEntry(path, sha256_hex(content.encode())[:40], kind, len(content.encode()))
        below = sorted(f"{name}\0{text}" for name, text in self._files.items() if name.startswith(f"{path}/"))
        return TreeEntry(path, sha256_hex("\0".join(below).encode())[:40], "tree", 0) if below else None

    def open(self, entry: TreeEntry) -> BinaryIO:
        """A file's bytes."""
        return io.BytesIO(self._files[entry.path].encode())


def rules_of(changes: Mapping[str, str | None] | None = None, *edits: tuple[str, str]) -> GateRules:
    """The rules of the full workspace with other files (None: removed), and edits of fairlead.yaml's text."""
    files = {path: text for path, text in {**FILES, **(changes or {})}.items() if text is not None}
    for old, new in edits:
        assert old in files["fairlead.yaml"], old
        files["fairlead.yaml"] = files["fairlead.yaml"].replace(old, new)
    rules = read_gate_rules(MemoryTree(files))
    assert rules.readable or "fairlead.yaml" in (changes or {}), "the edited fairlead.yaml cannot be read"
    return rules
