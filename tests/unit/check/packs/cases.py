"""For each rule: what breaks it, each time one fact that differs from a subject that passes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.unit.check.packs.facts import ABSENT, Path, changed
from tests.unit.check.packs.sample import COMMIT, DIGEST, data, licence, manifests, model

FAIL = "fail"
INSUFFICIENT = "insufficient"

NO: object = False
YES: object = True

LICENCE = ("spec", "provenance", "licence")


@dataclass(frozen=True, slots=True)
class Case:
    """One fact, and the rules that must say so: rule id -> verdict. All other rules must stay silent."""

    name: str
    subject: str
    path: Path
    value: object
    said: Mapping[str, str]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    about_data: bool = False

    def document(self) -> dict[str, Any]:
        """The subject as the case has it."""
        before = passing()[self.subject]
        after = before if self.about_data else changed(before, self.path, self.value)
        if self.path == LICENCE:
            after["licence"] = licence(str(self.value))  # read from the declared one
        return after

    def data(self) -> dict[str, Any]:
        """The workspace around it as the case has it."""
        return changed(data(), self.path, self.value) if self.about_data else data()


def passing() -> dict[str, dict[str, Any]]:
    """The subjects that all rules let pass, by kind."""
    return {"Model": model()} | manifests()


def _model(path: str, value: object, *said: str, verdict: str = FAIL, **parameters: object) -> Case:
    return _manifest("Model", path, value, *said, verdict=verdict, **parameters)


def _unknown(path: str, value: object, *said: str, **parameters: object) -> Case:
    return _manifest("Model", path, value, *said, verdict=INSUFFICIENT, **parameters)


def _data(path: str, value: object, rule: str, verdict: str, **parameters: object) -> Case:
    name = _name(rule, "data", path, value)
    return Case(name, "Model", _keys(path), value, {rule: verdict}, parameters, about_data=True)


def _manifest(kind: str, path: str, value: object, *said: str, verdict: str = FAIL, **parameters: object) -> Case:
    return Case(_name(said[0], kind, path, value), kind, _keys(path), value, dict.fromkeys(said, verdict), parameters)


def _name(rule: str, kind: str, path: str, value: object) -> str:
    return f"{rule}: {kind} {path} = {'absent' if value is ABSENT else str(value)[:80]}"


def _keys(path: str) -> Path:
    return tuple(int(key) if key.isdigit() else key for key in path.split("."))


_PODS = {
    "Pod": "spec",
    "Deployment": "spec.template.spec",
    "StatefulSet": "spec.template.spec",
    "DaemonSet": "spec.template.spec",
    "ReplicaSet": "spec.template.spec",
    "Job": "spec.template.spec",
    "CronJob": "spec.jobTemplate.spec.template.spec",
    "ReplicationController": "spec.template.spec",
    "Rollout": "spec.template.spec",
    "Service": "spec.template.spec",
    "ScaledJob": "spec.jobTargetRef.template.spec",
    "RayCluster": "spec.workerGroupSpecs.0.template.spec",
    "RayJob": "spec.rayClusterSpec.headGroupSpec.template.spec",
    "RayService": "spec.rayClusterConfig.workerGroupSpecs.0.template.spec",
    "LLMInferenceService": "spec.prefill.template",
    "ServingRuntime": "spec",
    "ClusterServingRuntime": "spec",
    "InferenceService": "spec.transformer",
}

_MOVING = "baseline/moving-reference"

REFUSED = (
    "cc-by-nc-4.0",
    "llama3.1",
    "gemma",
    "openrail",
    "bigscience-bloom-rail-1.0",
    "gpl-3.0",
    "mit AND gpl-3.0",
    "(",
)

BASELINE = [
    _model("spec.owner", "todo", "baseline/owner"),
    *(
        _manifest(kind, "metadata.labels.owner", " ", "baseline/owner")
        for kind in _PODS
        if kind not in {"Service", "ServingRuntime", "ClusterServingRuntime"}
    ),
    _unknown("lock", None, "baseline/locked", "fairness/evidence", "supply-chain/tested"),
    _model("lock.uri", "hf://acme/other@main", "baseline/locked"),
    _model("lock.files", [], "baseline/locked"),
    _model("lock.files.0.sha256", "", "baseline/locked"),
    _model("spec.artifact.uri", "hf://acme/credit@main", _MOVING, "baseline/locked"),
    _manifest("InferenceService", "spec.predictor.model.storageUri", "hf://acme/chat:main", _MOVING),
    _manifest("InferenceService", "spec.predictor.model.storageUri", "hf://acme/chat", _MOVING),
    _manifest("InferenceService", "spec.predictor.model.storageUri", "oci://acme/chat:1", _MOVING),
    _manifest("InferenceService", "spec.predictor.model.storageUri", "s3://acme/chat", _MOVING, verdict=INSUFFICIENT),
    _manifest("InferenceService", "spec.predictor.model.storageUri", "models:/chat@champion", _MOVING),
    _manifest(
        "InferenceService", "spec.predictor.model.storageUris", [{"uri": "gs://acme"}], _MOVING, verdict=INSUFFICIENT
    ),
    _manifest("InferenceService", "spec.predictor.model.storage", {"path": "chat"}, _MOVING, verdict=INSUFFICIENT),
    _manifest("LLMInferenceService", "spec.model.uri", "hf://acme/chat", _MOVING),
    _manifest("LLMInferenceService", "spec.model.lora.adapters.0.uri", "hf://acme/tone@main", _MOVING),
    _manifest("TrainedModel", "spec.model.storageUri", "hf://acme/chat", _MOVING),
    _manifest("Application", "spec.source.targetRevision", "HEAD", _MOVING),
    _manifest("Application", "spec.source.targetRevision", "main", _MOVING),
    _manifest("Application", "spec.source.targetRevision", ABSENT, _MOVING),
    _manifest("ApplicationSet", "spec.template.spec.sources.0.targetRevision", "v1", _MOVING),
    _manifest(
        "ApplicationSet", "spec.template.spec.sources.0.targetRevision", "{{branch}}", _MOVING, verdict=INSUFFICIENT
    ),
    *(
        _manifest(kind, f"{pod}.containers.0.image", "docker.io/vllm/vllm-openai:v0.9", "baseline/image-digest")
        for kind, pod in _PODS.items()
    ),
    # Where containers are, all rules know from one module; the other rules are shown on one kind.
    *(
        _manifest("Pod", "spec.containers.0.image", image, "baseline/image-latest", "baseline/image-digest")
        for image in ("docker.io/vllm/vllm-openai:latest", "nginx")
    ),
    _manifest("Pod", "spec.containers.0.image", f"docker.io/someone/vllm@{DIGEST}", "baseline/registry"),
    _manifest("Pod", "spec.initContainers.0.image", f"vllm.example/library@{DIGEST}", "baseline/registry"),
    _manifest("Pod", "spec.containers.0.image", f"docker.io/vllm-evil/vllm@{DIGEST}", "baseline/registry"),
    _manifest("InferenceService", "spec.predictor.model.image", f"evil.example/kserve@{DIGEST}", "baseline/registry"),
    _manifest("Pod", "spec.containers.0.resources.limits.memory", ABSENT, "baseline/resource-limits"),
    _manifest("Pod", "spec.containers.0.resources.requests.cpu", ABSENT, "baseline/resource-limits"),
    _manifest(
        "InferenceService", "spec.predictor.model.resources", ABSENT, "baseline/resource-limits", verdict=INSUFFICIENT
    ),
    _model("spec.serving.scaling.max", 600, "baseline/resource-ceiling"),
    _model("spec.serving.resources.gpu", "5", "baseline/resource-ceiling"),
    _model("spec.serving.resources.memory", 2**40, "baseline/resource-ceiling"),
    *(_model("spec.provenance.licence", each, "baseline/licence") for each in REFUSED),
    *(
        _unknown("spec.provenance.licence", each, "baseline/licence")
        for each in ("", "other", "LicenseRef-Acme", "acme-1.0")
    ),
]

LINEAGE = [
    _unknown("spec.provenance.baseModel", "", "lineage/base-model"),
    _model("spec.provenance.baseModel", "acme/base", "lineage/base-model"),
    _model("spec.provenance.baseModel", "acme/base@main", "lineage/base-model"),
    _unknown("spec.provenance.trainingRun", "", "lineage/training-run"),
    _model("spec.provenance.trainingRun", "the one of last week", "lineage/training-run"),
    _unknown("spec.provenance.code", "", "lineage/code"),
    _model("spec.provenance.code", "https://git.acme.example/credit", "lineage/code"),
    _model("spec.provenance.code", f"https://git.acme.example/credit@{COMMIT[:12]}", "lineage/code"),
    _unknown("spec.data.0.purpose", "reference", "lineage/training-data"),
    _model("spec.data.0.sha256", None, "lineage/data-digest"),
    _model("spec.metrics.0.data", "", "lineage/evaluated-data"),
]

PRIVACY = [
    _model("spec.privacy.personalData", NO, "privacy-gdpr/personal-data"),
    _model("spec.data.0.personalData", NO, "privacy-gdpr/data-tags"),
    _model("spec.data.0.tags", [], "privacy-gdpr/data-tags"),
    _model("spec.data.1.tags.0", "Phone", "privacy-gdpr/data-tags"),
    _model("spec.privacy.purpose", "", "privacy-gdpr/purpose"),
    _model("spec.privacy.lawfulBasis", None, "privacy-gdpr/lawful-basis"),
    _model("spec.privacy.lawfulBasis", "legitimate-interests", "privacy-gdpr/lawful-basis", bases=["contract"]),
    _model("spec.privacy.retention", None, "privacy-gdpr/retention"),
    _model("spec.privacy.retention", "400d", "privacy-gdpr/retention", longestDays=390),
    _model("environment.region", "us-east-1", "privacy-gdpr/residency"),
    _unknown("environment.region", "", "privacy-gdpr/residency"),
    _unknown("spec.privacy.residency", [], "privacy-gdpr/residency"),
    _model("spec.privacy.dpia", "", "privacy-gdpr/dpia"),
    _model("spec.privacy.health.identifiers", [], "privacy-hipaa/phi-tags"),
    _model("spec.privacy.health.identifiers.1", "shoe-size", "privacy-hipaa/phi-tags"),
    _model("spec.privacy.health.encryptedAtRest", NO, "privacy-hipaa/encryption"),
    _model("spec.privacy.health.encryptedInTransit", NO, "privacy-hipaa/encryption"),
    _model("spec.privacy.health.agreement", "", "privacy-hipaa/agreement"),
    _model("spec.privacy.health.auditLogging", NO, "privacy-hipaa/audit-logging"),
    _model("spec.privacy.health.minimumNecessary", "", "privacy-hipaa/minimum-necessary"),
]

_MEASURED = ("fairness/disparate-impact", "fairness/equal-opportunity", "fairness/false-positives")

FAIRNESS = [
    _unknown("evidence", None, "fairness/evidence", "fairness/required-metrics", *_MEASURED, "supply-chain/tested"),
    _unknown("evidence.standing", "claimed", "fairness/evidence", "supply-chain/tested"),
    _unknown("evidence.standing", "stale", "fairness/evidence", "supply-chain/tested"),
    _unknown("evidence.lock", "0" * 64, "fairness/evidence", "supply-chain/tested"),
    _unknown("evidence.when", "2026-01-01T00:00:00Z", "fairness/evidence"),
    _unknown("evidence.when", None, "fairness/evidence"),
    _data("fairlead.now", ABSENT, "fairness/evidence", INSUFFICIENT),
    _unknown("evidence.measures.0.name", "mean-error", "fairness/required-metrics"),
    _unknown("evidence.measures.0.name", "f1", "fairness/metric-bounds", bounds={"high": {"accuracy": {"min": 0.5}}}),
    _model("evidence.measures.0.value", 0.6, "fairness/metric-bounds", bounds={"high": {"accuracy": {"min": 0.9}}}),
    _model("evidence.measures.0.value", 0.95, "fairness/metric-bounds", bounds={"high": {"accuracy": {"max": 0.94}}}),
    _unknown("evidence.groups.2.samples", 12, "fairness/sample-size"),
    _model("evidence.groups.2.value", 0.39, "fairness/disparate-impact"),
    _model("evidence.groups.5.value", 0.7, "fairness/equal-opportunity"),
    _model("evidence.groups.8.value", 0.2, "fairness/false-positives"),
]

FINOPS = [
    _unknown("plan", None, "finops/price-known", "finops/within-budget", "finops/cost-per-thousand"),
    _unknown("plan.monthly.after", None, "finops/price-known", "finops/within-budget"),
    _unknown("plan.unpriced", ["gpu"], "finops/price-known"),
    _model("spec.budget", None, "finops/budget-declared", own=True),
    _model("plan.monthly.after", "500.01", "finops/within-budget"),
    _model("environment.budget.monthly", "82.2", "finops/within-budget"),
    _data("fairlead.ledger.models.credit.prod.left", "0", "finops/budget-left", FAIL),
    _data("fairlead.ledger.environments.prod.left", "-12.5", "finops/budget-left", FAIL),
    _data("fairlead.ledger.models.credit.prod.left", "49", "finops/budget-left", FAIL, leastShare=0.1),
    _data("fairlead.ledger.models.credit.prod.left", None, "finops/budget-left", INSUFFICIENT),
    _data("fairlead.ledger.budgets.models.credit.action", "gate", "finops/budget-threshold", FAIL),
    _data("fairlead.ledger.budgets.environments.prod.action", "hold", "finops/budget-threshold", FAIL),
    _data("fairlead.ledger.budgets.teams.risk.action", "gate", "finops/budget-threshold", FAIL),
    _data("fairlead.ledger.budgets.teams.risk.landing", "2000.01", "finops/budget-threshold", FAIL, landing=True),
    _data("fairlead.ledger.budgets.teams.risk.unknown", "charged in EUR", "finops/budget-threshold", INSUFFICIENT),
    _data("fairlead.ledger", ABSENT, "finops/budget-left", INSUFFICIENT),
    _data("fairlead.ledger", None, "finops/budget-left", INSUFFICIENT),
    _model("plan.per1kInferences.after", "0.11", "finops/cost-per-thousand"),
    _model("plan.per1kInferences.after", "0.09", "finops/cost-per-thousand", most="0.08"),
    _unknown("plan.per1kInferences", None, "finops/cost-per-thousand"),
]

REVIEW = [
    _unknown("commit", None, "peer-review/approvals", "peer-review/signed-commit"),
    _unknown("approvals", None, "peer-review/approvals", "peer-review/code-owners", "peer-review/stale-approvals"),
    _model("approvals.given", [], "peer-review/approvals"),
    _model("approvals.required", 3, "peer-review/approvals"),
    _model("environment.approvals", 3, "peer-review/approvals"),
    _model("approvals.given.1.approver", "Bob@Acme.example", "peer-review/approvals", least=2),
    _model("approvals.given.1.approver", "Ann@acme.example", "peer-review/approvals", least=2),
    _model("approvals.given.1.proof", "trailer", "peer-review/approvals", least=2),
    _model("approvals.given.1.stale", YES, "peer-review/stale-approvals"),
    _model("approvals.uncoveredPaths", ["models/credit/model.yaml"], "peer-review/code-owners"),
    _unknown("approvals.uncoveredPaths", None, "peer-review/code-owners"),
    _model("commit.signed", NO, "peer-review/signed-commit"),
    _model("commit.signer", "mallory@acme.example", "peer-review/signed-commit"),
]

SUPPLY = [
    _model("evidence.checks.schema", NO, "supply-chain/tested"),
    _unknown("evidence.checks", {}, "supply-chain/tested"),
    _model("scan.vulnerabilities.0.severity", "CRITICAL", "supply-chain/vulnerabilities"),
    _model("scan.vulnerabilities.0.severity", None, "supply-chain/vulnerabilities"),
    _unknown("scan.vulnerabilities", None, "supply-chain/vulnerabilities"),
    _unknown("scan", None, "supply-chain/vulnerabilities", "supply-chain/signature"),
    _unknown("spec.serving.dependencies", "", "supply-chain/dependencies"),
    _model("scan.signature.present", NO, "supply-chain/signature"),
    _model("scan.signature.valid", NO, "supply-chain/signature"),
    _model("scan.signature.signer", "someone@else.example", "supply-chain/signature", signers=["models@acme.example"]),
    _unknown("scan.signature", None, "supply-chain/signature"),
]

CASES = [*BASELINE, *LINEAGE, *PRIVACY, *FAIRNESS, *FINOPS, *REVIEW, *SUPPLY]
