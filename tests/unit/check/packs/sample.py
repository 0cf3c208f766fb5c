"""A workspace's subjects that every rule of every pack lets pass, as policies see them. A test changes one fact."""

from __future__ import annotations

import json
from typing import Any

from fairlead.check.licences import licence_terms
from fairlead.domain.model import ModelSpec

COMMIT = "5c0ffee5c0ffee5c0ffee5c0ffee5c0ffee5c0ff"
TREE = "7" * 64
DIGEST = "sha256:" + "d1" * 32
MIB = 2**20


def model() -> dict[str, Any]:
    """A credit model of high risk, with personal and health data, for which everything is in order."""
    return {
        "apiVersion": "fairlead.dev/v1alpha1",
        "kind": "Model",
        "metadata": {"name": "credit"},
        "spec": spec(),
        "environment": {
            "name": "prod",
            "region": "eu-central-1",
            "target": {"kind": "local", "address": "127.0.0.1", "port": 8080},
            "budget": {"monthly": "900"},
            "approvals": 1,
        },
        "release": {"name": f"credit@{COMMIT[:12]}", "digest": "ab" * 32},
        "lock": {
            "uri": f"hf://acme/credit@{COMMIT}",
            "revision": COMMIT,
            "tree": TREE,
            "size": 4096,
            "files": [{"path": "model.onnx", "sha256": "c" * 64, "size": 4096}],
        },
        "licence": licence("apache-2.0"),
        "plan": {
            "currency": "EUR",
            "monthly": {"before": "70.5", "after": "82.25"},
            "unpriced": [],
            "per1kInferences": {"before": "0.05", "after": "0.0625"},
            "assumptions": "ledger",
            "components": [
                {
                    "name": "cpu",
                    "quantity": "730",
                    "unit": "core-hour",
                    "unitPrice": "0.05",
                    "monthly": "36.5",
                    "source": "list",
                }
            ],
        },
        "evidence": evidence(),
        "scan": {
            "vulnerabilities": [
                {"id": "GHSA-0000", "package": "tokenizer", "version": "1.0", "severity": "low", "fixed": "1.1"}
            ],
            "signature": {"present": True, "valid": True, "signer": "models@acme.example"},
        },
        "commit": {
            "id": COMMIT,
            "author": "Ann",
            "email": "ann@acme.example",
            "signed": True,
            "signer": "ann@acme.example",
            "subject": "Serve the credit model with two replicas",
            "changedPaths": ["models/credit/model.yaml"],
        },
        "approvals": {
            "required": 1,
            "given": [approval("bob@acme.example"), approval("eve@acme.example")],
            "uncoveredPaths": [],
        },
    }


def spec() -> dict[str, Any]:
    """The declaration, read and written by the same code as a workspace's."""
    declared = {
        "apiVersion": "fairlead.dev/v1alpha1",
        "kind": "Model",
        "owner": "risk@acme.example",
        "artifact": {"uri": f"hf://acme/credit@{COMMIT}"},
        "provenance": {
            "licence": "apache-2.0",
            "baseModel": f"acme/base@{COMMIT}",
            "trainingRun": "runs:/4f2a",
            "code": f"https://git.acme.example/credit@{COMMIT}",
        },
        "data": [
            {
                "name": "applications",
                "uri": "data/applications.csv",
                "sha256": "a" * 64,
                "personalData": True,
                "tags": ["email"],
            },
            {
                "name": "holdout",
                "uri": "data/holdout.csv",
                "sha256": "b" * 64,
                "purpose": "test",
                "tags": ["synthetic"],
            },
        ],
        "metrics": [{"name": "accuracy", "value": "0.93", "data": "holdout"}],
        "serving": {
            "runtime": "command",
            "command": ["serve", "--port", "{port}"],
            "dependencies": "requirements.txt",
            "replicas": 2,
            "scaling": {"min": 1, "max": 4},
        },
        "environments": {"prod": {}},
        "budget": {"monthly": "500"},
        "plans": [{"segment": "retail", "per1kInferences": "0.10"}],
        "risk": {"class": "high", "duties": ["fairness"]},
        "privacy": {
            "personalData": True,
            "categories": ["email"],
            "purpose": "deciding on credit",
            "lawfulBasis": "contract",
            "retention": "365d",
            "residency": ["eu-central-1"],
            "dpia": "docs/dpia.md",
            "health": {
                "identifiers": ["name", "mrn"],
                "encryptedAtRest": True,
                "encryptedInTransit": True,
                "agreement": "BAA-17",
                "auditLogging": True,
                "minimumNecessary": "the score needs the diagnosis group",
            },
        },
    }
    read = ModelSpec.model_validate(declared)
    dumped: dict[str, Any] = read.model_dump(mode="json", by_alias=True, exclude={"api_version", "kind"})
    return dumped


def licence(expression: str) -> dict[str, Any]:
    """What policies see of a licence."""
    terms = licence_terms(expression)
    return {
        "expression": expression,
        "valid": terms.valid,
        "ids": list(terms.ids),
        "alternatives": [list(each) for each in terms.alternatives],
        "unknown": list(terms.unknown),
    }


def evidence() -> dict[str, Any]:
    """Measured on the locked bytes: three groups of one attribute, all of them treated much alike."""
    return {
        "standing": "measured",
        "lock": TREE,
        "when": "2026-10-01T12:00:00+00:00",
        "signedBy": "",
        "measures": [{"name": "accuracy", "value": 0.93, "samples": 2000, "data": "holdout", "unit": ""}],
        "groups": [
            share(name, group, value)
            for name, values in (
                ("selection-rate", (0.5, 0.48, 0.45)),
                ("recall", (0.9, 0.88, 0.87)),
                ("false-positive-rate", (0.05, 0.06, 0.04)),
            )
            for group, value in zip(("young", "middle", "old"), values, strict=True)
        ]
        + [share("disparate-impact-ratio", "", 0.9)],
        "checks": {"golden/approve": True, "schema": True},
    }


def share(name: str, group: str, value: float) -> dict[str, Any]:
    """A number about one group of the attribute `age`; '' compares all of them."""
    return {"name": name, "attribute": "age", "group": group, "value": value, "samples": 400, "data": "holdout"}


def approval(approver: str) -> dict[str, Any]:
    """A signed approval of what is here now."""
    return {"approver": approver, "proof": "signed-note", "when": "2026-11-20T09:00:00+00:00", "stale": False}


def data() -> dict[str, Any]:
    """What rules see as `data`: the workspace around the model."""
    return {
        "fairlead": {
            "workspace": {"name": "acme", "environments": ["dev", "prod"]},
            "models": {"credit": {"owner": "risk@acme.example", "risk": "high", "lock": {"tree": TREE}}},
            "ledger": {
                "currency": "EUR",
                "models": {
                    "credit": {
                        "prod": {"spent": "61", "budget": "500", "left": "439", "per1kInferences": "0.05"},
                    }
                },
                "environments": {"prod": {"spent": "310", "budget": "900", "left": "590"}},
                "budgets": {
                    "models": {"credit": budget("500", "61", "83")},
                    "environments": {"prod": budget("900", "310", "420")},
                    "teams": {"risk": budget("2000", "700", "940")},
                    "customers": {"acme": budget("100", "30", "41")},
                    "teamOf": {"credit": "risk"},
                },
            },
            "now": "2026-11-23T15:00:00Z",
        }
    }


def budget(monthly: str, spent: str, landing: str) -> dict[str, Any]:
    """A budget of which enough is left."""
    amounts = {"budget": monthly, "spent": spent, "least": spent, "committed": "0", "landing": landing}
    return {**amounts, "state": "ok", "action": None, "reason": "", "strongest": "gate", "unknown": ""}


def container() -> dict[str, Any]:
    """A container as the baseline wants it."""
    return {
        "name": "server",
        "image": f"docker.io/vllm/vllm-openai@{DIGEST}",
        "resources": {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"memory": "2Gi", "nvidia.com/gpu": "1"}},
    }


def manifest(kind: str, api_version: str, content: dict[str, Any]) -> dict[str, Any]:
    """A Kubernetes object with an owner."""
    metadata = {"name": "chat", "namespace": "models", "labels": {"owner": "ml-platform"}}
    return {"apiVersion": api_version, "kind": kind, "metadata": metadata, "spec": content}


def manifests() -> dict[str, dict[str, Any]]:
    """One manifest of each kind that the baseline judges, by kind."""
    pod = {"containers": [container()], "initContainers": [container() | {"name": "warm"}]}
    template = {"template": {"spec": pod}}
    model_server = {"storageUri": f"hf://acme/chat:{COMMIT}", "resources": container()["resources"]}
    source = {"repoURL": "https://git.acme.example/models", "path": "chat", "targetRevision": COMMIT}
    group = {"replicas": 1, **template}
    ray = {"headGroupSpec": template, "workerGroupSpecs": [group]}
    language_model = {"uri": f"hf://acme/chat@{COMMIT}", "lora": {"adapters": [{"uri": f"hf://acme/tone@{COMMIT}"}]}}
    objects = [
        manifest("Pod", "v1", pod),
        *(manifest(kind, "apps/v1", template) for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")),
        manifest("ReplicationController", "v1", template),
        manifest("Rollout", "argoproj.io/v1alpha1", template),
        manifest("Service", "serving.knative.dev/v1", template),
        manifest("Job", "batch/v1", template),
        manifest("CronJob", "batch/v1", {"schedule": "@daily", "jobTemplate": {"spec": template}}),
        manifest("ScaledJob", "keda.sh/v1alpha1", {"jobTargetRef": template}),
        manifest("RayCluster", "ray.io/v1", ray),
        manifest("RayJob", "ray.io/v1", {"rayClusterSpec": ray}),
        manifest("RayService", "ray.io/v1", {"rayClusterConfig": ray}),
        manifest("ServingRuntime", "serving.kserve.io/v1alpha1", pod),
        manifest("ClusterServingRuntime", "serving.kserve.io/v1alpha1", pod),
        manifest(
            "InferenceService",
            "serving.kserve.io/v1beta1",
            {"predictor": {"minReplicas": 1, "model": model_server}, "transformer": {"containers": [container()]}},
        ),
        manifest(
            "LLMInferenceService",
            "serving.kserve.io/v1alpha2",
            {"model": language_model, "template": pod, "prefill": {"template": pod}},
        ),
        manifest("TrainedModel", "serving.kserve.io/v1alpha1", {"model": {"storageUri": f"hf://acme/chat:{COMMIT}"}}),
        manifest("Application", "argoproj.io/v1alpha1", {"source": source}),
        manifest(
            "ApplicationSet", "argoproj.io/v1alpha1", {"generators": [], "template": {"spec": {"sources": [source]}}}
        ),
    ]
    # Nothing is shared between them, nor inside of one: a change of one fact is a change of one place.
    return {each["kind"]: json.loads(json.dumps(each)) for each in objects}
