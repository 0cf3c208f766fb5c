"""`fairlead test`: the locked artifact, served on its own, tried as declared; what was found is evidence."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from fairlead import __version__
from fairlead.assure.tensors import Unfit
from fairlead.declare.evidence import SIGNATURE_ENDING, data_digests, trial_digest
from fairlead.declare.reader import MODEL_FILE, DeclaredModel, Reader
from fairlead.domain.evidence import Evidence
from fairlead.domain.evidence_text import render_evidence
from fairlead.domain.finding import Finding, Severity, Verdict, judge
from fairlead.domain.lock import Lock
from fairlead.domain.model import ModelSpec
from fairlead.domain.trial import Trial
from fairlead.drivers.folder import FolderTree
from fairlead.drivers.inference import InferenceClient
from fairlead.flows.artifacts import fetch, quiet
from fairlead.flows.lock import chosen
from fairlead.flows.trying.bench import Bench, Deadline, StoppedError, served
from fairlead.flows.trying.golden import try_golden
from fairlead.flows.trying.numbers import book
from fairlead.flows.trying.sitting import Outcome, Sitting, interface_of
from fairlead.flows.trying.speed import measure_latency, measure_memory
from fairlead.flows.trying.table import tally_of
from fairlead.flows.write import write_whole
from fairlead.kernel.errors import BrokenWorldError
from fairlead.ports import Clock, Progress, Tree

__all__ = ["TrialResult", "try_model"]

_STEP = 30.0
"""Seconds within which a server must answer one request."""

Sign = Callable[[bytes], bytes]
"""An SSH signature of an evidence file's bytes."""


@dataclass(frozen=True, slots=True)
class TrialResult:
    """What was tried. `evidence` is None where the test could not be finished; `path` is where it was written."""

    model: str
    path: str
    evidence: Evidence | None
    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    verdict: Verdict
    signed: bool = False


def try_model(
    workspace: Path, model: str, bench: Bench, *, sign: Sign | None = None, progress: Progress = quiet
) -> TrialResult:
    """Test one model of the working folder, and write its evidence. NotFoundError for an unknown name.

    A failed golden request or bound is written down too: evidence says what is, not what was hoped for.
    """
    tree = FolderTree(workspace)
    declared = chosen(Reader().read(tree), [model])[0]
    spec, lock = declared.spec, declared.lock
    if spec is None or lock is None or judge(declared.findings) is not Verdict.PASS:
        return _result(declared, None, (), declared.findings)
    if spec.tests is None:
        message, mend = "the model declares no tests", "add `tests` to model.yaml; docs: testing-models"
        return _result(declared, None, (), (_finding(declared, "trial/none", message, mend, Severity.INSUFFICIENT),))
    tried = trial_digest(tree, declared.path, spec)
    try:
        sitting = _sit(tree, declared, spec, spec.tests, lock, bench, progress)
    except StoppedError as stopped:
        missing = stopped.rule in {"trial/no-data", "trial/other-data"}
        severity = Severity.INSUFFICIENT if missing else Severity.ERROR
        found = _finding(declared, stopped.rule, bench.redact(stopped.message), stopped.mend, severity)
        return _result(declared, None, (), (found,))
    told = tuple(replace(each, detail=bench.redact(each.detail)) for each in sitting.outcomes)
    findings = tuple(replace(each, message=bench.redact(each.message)) for each in sitting.findings)
    evidence = _evidence(sitting, lock, tried, bench.clock)
    path = f"{declared.path}/{spec.tests.evidence}"
    _write(workspace / path, render_evidence(evidence), sign)
    return _result(declared, evidence, told, findings, path, signed=sign is not None)


def _sit(
    tree: Tree, declared: DeclaredModel, spec: ModelSpec, trial: Trial, lock: Lock, bench: Bench, progress: Progress
) -> Sitting:
    deadline = Deadline(bench.clock, trial.limit)
    bench.cache.prune([lock])
    files = fetch(lock, tree, bench.cache, progress)
    with (
        served(bench, declared.name, spec.serving, files, deadline) as server,
        closing(InferenceClient(server.port, min(_STEP, deadline.left()))) as client,
    ):
        try:
            interface = interface_of(client, declared.name) if spec.serving.protocol == "oip" else None
        except (Unfit, BrokenWorldError) as error:
            mend = "serve the metadata of the Open Inference Protocol at /v2/models/NAME"
            raise StoppedError("trial/metadata", str(error), mend) from error
        sitting = Sitting(tree, declared.path, declared.name, spec, trial, client, interface, deadline, progress)
        _try_all(sitting, declared, server.pid)
    return sitting


def _try_all(sitting: Sitting, declared: DeclaredModel, session: int) -> None:
    try_golden(sitting)
    for metric in sitting.trial.metrics:
        book(sitting, metric, tally_of(sitting, metric), f"{declared.path}/{MODEL_FILE}")
    if sitting.trial.latency is not None:
        measure_latency(sitting, sitting.trial.latency)
    measure_memory(sitting, session)
    if sitting.interface is not None and (sitting.trial.golden or sitting.trial.metrics):
        problems = sitting.schema_problems
        sitting.outcomes.append(Outcome("schema", not problems, "; ".join(problems[:5])))
    mend = "mend the model; or, if the change is meant, what is expected of it in `tests`"
    for outcome in sitting.outcomes:
        if not outcome.passed:
            message = f"{outcome.name} failed: {outcome.detail}"
            sitting.findings.append(_finding(declared, "trial/failed", message, mend))


def _evidence(sitting: Sitting, lock: Lock, tried: str, clock: Clock) -> Evidence:
    moment = clock.now()
    return Evidence(
        model=sitting.model,
        lock=lock.tree,
        trial=tried,
        data=data_digests(sitting.spec),
        measures=tuple(sitting.measures),
        groups=tuple(sitting.groups),
        checks={outcome.name: outcome.passed for outcome in sitting.outcomes},
        when=moment.replace(microsecond=moment.microsecond // 1000 * 1000),
        tool=f"fairlead {__version__}",
        environment={
            "cores": str(os.cpu_count() or 0),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "system": platform.system(),
        },
    )


def _write(path: Path, text: bytes, sign: Sign | None) -> None:
    """The evidence, and its signature; an older signature is taken away first, since it says nothing of this one."""
    signature = path.with_name(path.name + SIGNATURE_ENDING)
    signature.unlink(missing_ok=True)
    write_whole(path, text)
    if sign is not None:
        write_whole(signature, sign(text))


def _finding(
    declared: DeclaredModel, rule: str, message: str, mend: str, severity: Severity = Severity.ERROR
) -> Finding:
    return Finding(f"{declared.path}/{MODEL_FILE}", 1, 1, rule, message, mend, severity, declared.name)


def _result(
    declared: DeclaredModel,
    evidence: Evidence | None,
    outcomes: tuple[Outcome, ...],
    findings: tuple[Finding, ...],
    path: str = "",
    *,
    signed: bool = False,
) -> TrialResult:
    return TrialResult(declared.name, path, evidence, outcomes, findings, judge(findings), signed)
