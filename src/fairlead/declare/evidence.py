"""The evidence beside a model: read, bound to what is declared now, and compared with the numbers that were typed in.

Evidence says something about these bytes, this data and these tests, or it says nothing: for others it is stale.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal

from fairlead.declare.file_text import MAX_DECLARATION, fetch
from fairlead.declare.model_folder import MODEL_FILE
from fairlead.declare.reader import DeclaredModel
from fairlead.domain.evidence import Evidence, Standing
from fairlead.domain.evidence_text import parse_evidence
from fairlead.domain.finding import Finding, Severity
from fairlead.domain.lock_text import is_safe_path
from fairlead.domain.model import Metric, ModelSpec
from fairlead.domain.trial import Trial
from fairlead.kernel.digests import digest_of, sha256_stream
from fairlead.ports import Tree

__all__ = ["SIGNATURE_ENDING", "Signer", "data_digests", "read_evidence", "trial_digest"]

SIGNATURE_ENDING = ".sig"
"""What the name of a signature has beyond the evidence's own."""

Signer = Callable[[Evidence, bytes, bytes], str]
"""Who signed: (evidence, its bytes, the signature) -> e-mail address that is proven, or ''."""

_CHUNK = 1 << 20
_NOT_MEASURED_BY = {"replicas", "scaling", "grace", "readiness"}


def read_evidence(
    tree: Tree, model: DeclaredModel, signer: Signer | None = None
) -> tuple[Evidence | None, Standing, tuple[Finding, ...]]:
    """The model's evidence, how far it can be relied on, and what is wrong with it.

    A model without `tests` has none, and its numbers are claimed. Evidence of other digests is handed out as stale, so
    that it can be shown, with a finding that is `insufficient`. Without a `signer` nobody is proven to have signed.
    """
    spec = model.spec
    if spec is None or spec.tests is None:
        return None, Standing.CLAIMED, ()
    path = f"{model.path}/{spec.tests.evidence}"
    entry = tree.entry(path) if is_safe_path(spec.tests.evidence) else None
    if entry is None:
        return None, Standing.CLAIMED, (_missing(model, path),)
    file = fetch(tree, entry, MAX_DECLARATION, model.name)
    if file.text is None:
        return None, Standing.CLAIMED, (file.finding,) if file.finding else ()
    evidence, findings = parse_evidence(file.text, path, model.name)
    if evidence is None:
        return None, Standing.CLAIMED, findings
    if signer is not None:
        evidence = _signed(tree, path, evidence, file.text, signer)
    stale = list(_stale(tree, model, evidence))
    if stale:
        return evidence, Standing.STALE, (_place(path, model, "evidence/stale", _STALE.format("; ".join(stale))),)
    return evidence, Standing.MEASURED, (*_failed(path, model, evidence), *_differing(model, spec, evidence))


_STALE = "the evidence was measured on something else: {}"


def trial_digest(tree: Tree, folder: str, spec: ModelSpec) -> str:
    """Digest of what is tried: the tests, the bytes of their files, how the model is served, with which packages."""
    trial = spec.tests or Trial()
    names = {each for golden in trial.golden for each in (golden.request, golden.response)}
    names |= {spec.serving.dependencies} - {""}
    content = {
        "tests": trial.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude={"evidence", "limit"}),
        "serving": spec.serving.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude=_NOT_MEASURED_BY),
        "files": {name: _digest(tree, folder, name) for name in sorted(names)},
    }
    return digest_of(content)


def data_digests(spec: ModelSpec) -> dict[str, str]:
    """The pinned digest of every data set that the tests measure on, by name; '' where it is not pinned."""
    pinned = {each.name: each.sha256 or "" for each in spec.data}
    trials = spec.tests.metrics if spec.tests else ()
    return {each.data: pinned.get(each.data, "") for each in trials}


def _measured(metric: Metric, evidence: Evidence) -> Decimal | None:
    found = [each for each in evidence.measures if each.name == metric.name and metric.data in {"", each.data}]
    return found[0].value if len(found) == 1 else None


def _digest(tree: Tree, folder: str, name: str) -> str:
    entry = tree.entry(f"{folder}/{name}") if is_safe_path(name) else None
    if entry is None or entry.kind != "blob":
        return ""
    with tree.open(entry) as stream:
        return sha256_stream(iter(lambda: stream.read(_CHUNK), b""))[0]


def _signed(tree: Tree, path: str, evidence: Evidence, text: bytes, signer: Signer) -> Evidence:
    entry = tree.entry(path + SIGNATURE_ENDING)
    file = fetch(tree, entry, MAX_DECLARATION) if entry is not None else None
    return replace(evidence, signed_by=signer(evidence, text, file.text)) if file and file.text else evidence


def _missing(model: DeclaredModel, path: str) -> Finding:
    mend = f"run `fairlead test {model.name}`, and commit {path}"
    message = "tests are declared, and nothing shows that they were run"
    place = f"{model.path}/{MODEL_FILE}"
    return Finding(place, 1, 1, "evidence/missing", message, mend, Severity.INSUFFICIENT, model.name)


def _stale(tree: Tree, model: DeclaredModel, evidence: Evidence) -> Iterator[str]:
    spec = model.spec
    if evidence.model != model.name:
        yield f"the model `{evidence.model}`"
    if model.lock is None or evidence.lock != model.lock.tree:
        yield "another artifact than the lock pins"
    if spec is None or evidence.trial != trial_digest(tree, model.path, spec):
        yield "other tests, or another way to serve, than are declared"
        return
    for name, digest in data_digests(spec).items():
        if not digest or evidence.data.get(name) != digest:
            yield f"other data than `{name}` is pinned to"


def _failed(path: str, model: DeclaredModel, evidence: Evidence) -> Iterator[Finding]:
    failed = [name for name, passed in evidence.checks.items() if not passed]
    if failed:
        message = f"the model failed its tests: {', '.join(failed)}"
        mend = f"mend the model, and run `fairlead test {model.name}` again: it says more"
        yield Finding(path, 1, 1, "evidence/failed", message, mend, model=model.name)


def _differing(model: DeclaredModel, spec: ModelSpec, evidence: Evidence) -> Iterator[Finding]:
    """Declared numbers that are not the measured ones, rounded to as many digits as were declared."""
    for metric in spec.metrics:
        value = _measured(metric, evidence)
        if value is not None and not _agree(metric.value, value):
            message = f"`metrics` claims {metric.name} {metric.value}, and {value} was measured"
            mend = f"write {value}, or remove it: the evidence holds the number"
            yield Finding(
                f"{model.path}/{MODEL_FILE}", 1, 1, "evidence/metric-differs", message, mend, model=model.name
            )


def _agree(claimed: Decimal, measured: Decimal) -> bool:
    """Whether the measured value, rounded as the claimed one is written, is that one."""
    exponent = claimed.as_tuple().exponent
    digit = Decimal(1).scaleb(min(exponent, 0) if isinstance(exponent, int) else 0)
    return abs(claimed - measured) <= digit / 2


def _place(path: str, model: DeclaredModel, rule: str, message: str) -> Finding:
    mend = f"run `fairlead test {model.name}` again, and commit {path}"
    return Finding(path, 1, 1, rule, message, mend, Severity.INSUFFICIENT, model.name)
