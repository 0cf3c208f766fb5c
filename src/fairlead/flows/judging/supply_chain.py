"""Where a model comes from: the packages of its server among known vulnerabilities, and who signed its artifact."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from fairlead.check.dependencies.lock_files import read_dependencies
from fairlead.check.subjects import SignatureFact
from fairlead.check.vulnerabilities import AdvisoryDatabase, Vulnerability, vulnerabilities
from fairlead.declare.file_text import MAX_LOCK, fetch
from fairlead.declare.reader import MODEL_FILE, DeclaredModel
from fairlead.domain.dependency import Dependency
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.gate import SignatureRules
from fairlead.domain.lock import Lock, LockedFile
from fairlead.domain.lock_text import is_safe_path
from fairlead.domain.policy import Rating
from fairlead.drivers.model_signature import LARGEST_SIGNATURE, SignatureRefusedError, verify_model_signature
from fairlead.flows.artifacts import open_source, quiet
from fairlead.flows.verify import lock_finding
from fairlead.kernel.errors import BrokenWorldError
from fairlead.ports import Tree
from fairlead.resolve.sources.base import PointerError
from fairlead.resolve.verified import VerifiedStream

__all__ = ["dependencies_of", "known_vulnerabilities", "signature_of"]


def dependencies_of(tree: Tree, model: DeclaredModel) -> tuple[tuple[Dependency, ...] | None, tuple[Finding, ...]]:
    """The packages that `serving.dependencies` pins; None where it names no file, or one that cannot be read."""
    name = model.spec.serving.dependencies if model.spec is not None else ""
    if not name:
        return None, ()
    path = f"{model.path}/{name}"
    entry = tree.entry(path) if is_safe_path(name) else None
    if entry is None:
        message = f"`serving.dependencies` names `{name}`, and there is no such file in the model's folder"
        mend = "commit the lock file of the server's packages, or correct the name"
        return None, (
            Finding(f"{model.path}/{MODEL_FILE}", 1, 1, "scan/no-dependencies", message, mend, model=model.name),
        )
    file = fetch(tree, entry, MAX_LOCK, model.name)
    if file.text is None:
        return None, (file.finding,) if file.finding else ()
    packages, findings = read_dependencies(file.text, path, model.name)
    return (packages or None) if findings else packages, findings


def known_vulnerabilities(
    tree: Tree, model: DeclaredModel, database: AdvisoryDatabase
) -> tuple[tuple[Vulnerability, ...] | None, tuple[Finding, ...]]:
    """What is known of the packages of a model's server, and what could not be read; None where that is all."""
    packages, findings = dependencies_of(tree, model)
    if packages is None:
        return None, findings
    return vulnerabilities(packages, database), findings


def signature_of(
    tree: Tree,
    model: DeclaredModel,
    rules: SignatureRules,
    keys: Mapping[str, bytes],
    environ: Mapping[str, str] = os.environ,
) -> tuple[SignatureFact | None, tuple[Finding, ...]]:
    """What is known of the signature of a model's artifact, and findings where `rules` demand one that holds.

    `keys` are the public keys that the rules believe (PEM by path), read from where the rules were. None where the
    artifact is not pinned, or the signature cannot be had now. Nothing but the signature is read of the artifact.
    """
    lock = model.lock
    if lock is None:
        return None, ()
    file = next((each for each in lock.files if each.path == rules.file), None)
    if file is None:
        message = f"the artifact is not signed: it holds no `{rules.file}`"
        return SignatureFact(present=False, valid=False), _demanded(model, rules, message)
    if not (keys or rules.required):
        return SignatureFact(present=True, valid=False), ()
    try:
        signature = _bytes_of(tree, lock, file, environ)
    except (PointerError, BrokenWorldError) as error:
        return None, _unknown(tree, model, file, rules, str(error))
    try:
        signer = verify_model_signature(signature, rules.file, lock, keys)
    except SignatureRefusedError as error:
        message = f"the signature does not hold: {error}"
        return SignatureFact(present=True, valid=False), _demanded(model, rules, message)
    return SignatureFact(present=True, valid=True, signer=signer), ()


def _bytes_of(tree: Tree, lock: Lock, file: LockedFile, environ: Mapping[str, str]) -> bytes:
    """The signature as it is locked; from a hub it is fetched alone."""
    if file.size > LARGEST_SIGNATURE:
        raise BrokenWorldError(f"it has {file.size} bytes, more than the {LARGEST_SIGNATURE} that are read")
    stream = VerifiedStream(open_source(lock.uri, tree, environ).open(lock, file, 0), file, quiet)
    content: bytes = stream.readall()
    if not stream.matches():
        raise BrokenWorldError("its bytes are not those that the lock pins", mend="lock the model again")
    return content


def _demanded(model: DeclaredModel, rules: SignatureRules, message: str) -> tuple[Finding, ...]:
    if not rules.required:
        return ()
    mend = (
        f"sign it (`model_signing sign key`) into `{rules.file}`, lock it again, and name the public key in the rules"
    )
    place, rating = (f"{model.path}/{MODEL_FILE}", *model.uri_place), Rating.HIGH.value
    return (Finding(*place, "scan/signature", message, mend, model=model.name, rating=rating),)


def _unknown(
    tree: Tree, model: DeclaredModel, file: LockedFile, rules: SignatureRules, reason: str
) -> tuple[Finding, ...]:
    if not rules.required:
        return ()
    message, mend = f"the signature could not be read: {reason}", "see that the artifact is whole and can be reached"
    found = lock_finding(tree, model, file, ("scan/unread-signature", message, mend))
    return (replace(found, severity=Severity.INSUFFICIENT),)
