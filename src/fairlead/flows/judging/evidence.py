"""What is known of a model wherever it runs: its evidence, its packages' known vulnerabilities, its signature."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fairlead.check.dependencies.lock_files import read_dependencies
from fairlead.check.protection import GateRules
from fairlead.check.subjects import SignatureFact
from fairlead.check.vulnerabilities import (
    Vulnerability,
    broken_findings,
    vulnerabilities,
    vulnerability_finding,
)
from fairlead.declare.evidence import read_evidence
from fairlead.declare.reader import MODEL_FILE
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.lock import Lock
from fairlead.domain.policy import Rating
from fairlead.drivers.folder import FolderTree
from fairlead.drivers.model_signature import LARGEST_SIGNATURE, SignatureRefusedError, verify_model_signature
from fairlead.drivers.osv_database import OsvDatabase, open_osv
from fairlead.flows.artifacts import open_source, quiet
from fairlead.flows.judging.facts import Candidate, ModelEvidence
from fairlead.flows.judging.proofs import Proofs
from fairlead.kernel.errors import FairleadError
from fairlead.ports import Tree

__all__ = ["EvidenceRoom"]

_OF_PACK = "supply-chain"
"""Where this pack is on, its own rule says what follows from a vulnerability."""

_LARGEST = 16 << 20


@dataclass(slots=True)
class EvidenceRoom:
    """Looks models up. `cache` keeps the index of the vulnerability database, which is opened once."""

    cache: Path
    _open: ExitStack = field(default_factory=ExitStack)
    _database: tuple[str, OsvDatabase | FairleadError] | None = None

    def close(self) -> None:
        """Close the database."""
        self._open.close()
        self._database = None

    def of(self, candidate: Candidate, rules: GateRules, own: Tree, proofs: Proofs | None) -> ModelEvidence:
        """All that is known of the candidate's model. `own` is the tree that the rules were read from."""
        signer = proofs.evidence_signer(rules) if proofs is not None else None
        evidence, standing, findings = read_evidence(candidate.tree, candidate.model, signer)
        known, beside = self._vulnerable(candidate, rules, own)
        signature, more = _signature(candidate, rules, own)
        return ModelEvidence(evidence, standing, known, signature, (*findings, *beside, *more))

    def _vulnerable(
        self, candidate: Candidate, rules: GateRules, own: Tree
    ) -> tuple[list[dict[str, Any]] | None, tuple[Finding, ...]]:
        folder, name = rules.policies.vulnerabilities, candidate.spec.serving.dependencies
        if not folder or not name:
            return None, ()
        path = f"{candidate.model.path}/{name}"
        entry = candidate.tree.entry(path)
        if entry is None or entry.kind != "blob":
            message = f"`serving.dependencies` names `{name}`, and there is no such file"
            return None, (_told(candidate, "scan/no-dependencies", message, f"commit {path}"),)
        database = self._opened(folder, own)
        if isinstance(database, FairleadError):
            return None, (_told(candidate, "scan/no-advisories", database.what, database.mend),)
        with candidate.tree.open(entry) as stream:
            dependencies, findings = read_dependencies(stream.read(_LARGEST), path, candidate.model.name)
        found = vulnerabilities(dependencies, database)
        told = broken_findings(database.problems, folder, candidate.model.name)
        if _OF_PACK not in rules.policies.packs:
            told += tuple(vulnerability_finding(each, candidate.model.name) for each in found)
        return [_as_seen(each) for each in found], (*findings, *told)

    def _opened(self, folder: str, own: Tree) -> OsvDatabase | FairleadError:
        if self._database is None or self._database[0] != folder:
            elsewhere = Path(folder).is_absolute()
            tree, inside = (FolderTree(Path(folder)), "") if elsewhere else (own, folder)
            try:
                opened = self._open.enter_context(open_osv(tree, inside, self.cache / "osv", quiet))
                self._database = (folder, opened)
            except FairleadError as error:
                self._database = (folder, error)
        return self._database[1]


def _as_seen(found: Vulnerability) -> dict[str, Any]:
    return {
        "id": found.id,
        "package": found.package,
        "version": found.version,
        "severity": found.severity,
        "fixed": found.fixed,
    }


def _signature(candidate: Candidate, rules: GateRules, own: Tree) -> tuple[SignatureFact | None, tuple[Finding, ...]]:
    """Whether a believed key signed the artifact; asked only where the workspace demands it."""
    wanted, lock = rules.policies.signatures, candidate.model.lock
    if not wanted.required or lock is None:
        return None, ()
    file = next((each for each in lock.files if each.path == wanted.file), None)
    if file is None:
        mend = f"sign the model with a key of {', '.join(wanted.keys) or 'policies.signatures.keys'}, and lock it again"
        message = f"the artifact is not signed: it has no {wanted.file}"
        return SignatureFact(present=False, valid=False), (_refusal(candidate, message, mend),)
    try:
        signature = _read(candidate, lock, wanted.file)
        signer = verify_model_signature(signature, wanted.file, lock, dict(_keys(own, wanted.keys)))
    except SignatureRefusedError as error:
        mend = "sign these files again with a key that is believed, and lock them again"
        return SignatureFact(present=True, valid=False), (_refusal(candidate, str(error), mend),)
    except FairleadError as error:
        return None, (_told(candidate, "scan/signature-unread", error.what, error.mend),)
    return SignatureFact(present=True, valid=True, signer=signer), ()


def _read(candidate: Candidate, lock: Lock, name: str) -> bytes:
    file = next(each for each in lock.files if each.path == name)
    found = bytearray()
    for part in open_source(lock.uri, candidate.tree).open(lock, file, 0):
        found += part
        if len(found) > LARGEST_SIGNATURE:
            raise SignatureRefusedError(f"{name} is larger than any signature")
    return bytes(found)


def _keys(own: Tree, paths: tuple[str, ...]) -> Iterator[tuple[str, bytes]]:
    for path in paths:
        entry = own.entry(path)
        if entry is not None and entry.kind == "blob":
            with own.open(entry) as stream:
                yield path, stream.read(_LARGEST)


def _refusal(candidate: Candidate, message: str, mend: str) -> Finding:
    place = (f"{candidate.model.path}/{MODEL_FILE}", *candidate.model.uri_place)
    high = Rating.HIGH.value
    return Finding(*place, "scan/signature", message, mend, model=candidate.model.name, rating=high)


def _told(candidate: Candidate, rule: str, message: str, mend: str) -> Finding:
    place = (f"{candidate.model.path}/{MODEL_FILE}", 1, 1)
    return Finding(*place, rule, message, mend, Severity.INSUFFICIENT, candidate.model.name)
