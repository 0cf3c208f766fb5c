"""What is known of a model wherever it runs: its evidence, its packages' known vulnerabilities, its signature."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from fairlead.check.protection import GateRules
from fairlead.check.vulnerabilities import Vulnerability, broken_findings, vulnerability_finding
from fairlead.declare.evidence import read_evidence
from fairlead.declare.reader import MODEL_FILE
from fairlead.domain.finding import Finding, Severity
from fairlead.drivers.folder import FolderTree
from fairlead.drivers.osv_database import OsvDatabase, open_osv
from fairlead.flows.artifacts import quiet
from fairlead.flows.judging.facts import Candidate, ModelEvidence
from fairlead.flows.judging.proofs import Proofs
from fairlead.flows.judging.supply_chain import known_vulnerabilities, signature_of
from fairlead.kernel.digests import digest_of
from fairlead.kernel.errors import FairleadError
from fairlead.ports import Clock, Tree

__all__ = ["EvidenceRoom"]

_OF_PACK = "supply-chain"
"""Where this pack is on, its own rule says what follows from a vulnerability."""

_FRESH = timedelta(minutes=1)

_LARGEST = 1 << 20
"""Bytes of a public key; more is none."""


@dataclass(slots=True)
class EvidenceRoom:
    """Looks models up. `cache` keeps the index of the vulnerability database, which is opened once."""

    cache: Path
    clock: Clock
    _open: ExitStack = field(default_factory=ExitStack)
    _database: tuple[str, OsvDatabase | FairleadError] | None = None
    _seen: tuple[tuple[str, str], datetime, str] | None = None

    def close(self) -> None:
        """Close the database."""
        self._open.close()
        self._database = None

    def of(self, candidate: Candidate, rules: GateRules, own: Tree, proofs: Proofs | None) -> ModelEvidence:
        """All that is known of the candidate's model. `own` is the tree that the rules were read from."""
        signer = proofs.evidence_signer(rules) if proofs is not None else None
        evidence, standing, findings = read_evidence(candidate.tree, candidate.model, signer)
        known, beside = self._vulnerable(candidate, rules, own)
        wanted = rules.policies.signatures
        keys = dict(_keys(own, wanted.keys))
        signature, more = signature_of(candidate.tree, candidate.model, wanted, keys)
        return ModelEvidence(evidence, standing, known, signature, (*findings, *beside, *more))

    def state(self, folder: str, own: Tree) -> str:
        """Changes with the vulnerability database, looked at once a minute: it may be a hundred thousand files."""
        now, key = self.clock.now(), (folder, own.label)
        if self._seen is None or self._seen[0] != key or now - self._seen[1] > _FRESH:
            self._seen = (key, now, _state_of(folder, own))
        return self._seen[2]

    def _vulnerable(
        self, candidate: Candidate, rules: GateRules, own: Tree
    ) -> tuple[list[dict[str, Any]] | None, tuple[Finding, ...]]:
        folder = rules.policies.vulnerabilities
        if not folder or not candidate.spec.serving.dependencies:
            return None, ()
        database = self._opened(folder, own)
        if isinstance(database, FairleadError):
            return None, (_told(candidate, "scan/no-advisories", database.what, database.mend),)
        found, findings = known_vulnerabilities(candidate.tree, candidate.model, database)
        told = (*findings, *broken_findings(database.problems, folder))
        if found is None:
            return None, told
        if _OF_PACK not in rules.policies.packs:
            told += tuple(vulnerability_finding(each, candidate.model.name) for each in found)
        return [_as_seen(each) for each in found], told

    def _opened(self, folder: str, own: Tree) -> OsvDatabase | FairleadError:
        state = self.state(folder, own)
        if self._database is None or self._database[0] != state:
            self.close()
            tree, inside = (FolderTree(Path(folder)), "") if Path(folder).is_absolute() else (own, folder)
            try:
                opened = self._open.enter_context(open_osv(tree, inside, self.cache / "osv", quiet))
                self._database = (state, opened)
            except FairleadError as error:
                self._database = (state, error)
        return self._database[1]


def _state_of(folder: str, own: Tree) -> str:
    """Changes whenever the vulnerability database does: its object id in a tree, or the times of a folder elsewhere."""
    if not Path(folder).is_absolute():
        entry = own.entry(folder)
        return f"{folder} {entry.id if entry else ''}"
    found = (Path(place, name) for place, _, names in os.walk(folder) for name in names)
    return f"{folder} {digest_of(sorted([str(each), each.stat().st_mtime_ns] for each in found))}"


def _as_seen(found: Vulnerability) -> dict[str, Any]:
    return {
        "id": found.id,
        "package": found.package,
        "version": found.version,
        "severity": found.severity,
        "fixed": found.fixed,
    }


def _keys(own: Tree, paths: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        entry = own.entry(path)
        if entry is not None and entry.kind == "blob":
            with own.open(entry) as stream:
                yield path, stream.read(_LARGEST)


def _told(candidate: Candidate, rule: str, message: str, mend: str) -> Finding:
    place = (f"{candidate.model.path}/{MODEL_FILE}", 1, 1)
    return Finding(*place, rule, message, mend, Severity.INSUFFICIENT, candidate.model.name)
