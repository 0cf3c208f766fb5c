"""What runs from manifests: models, images, pins, resources, how many, and where."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from fairlead.declare.manifests.reader import read_manifests
from fairlead.declare.manifests.workloads import workloads
from fairlead.domain.infrastructure import PodResources, Replicas, Workload
from fairlead.drivers.folder import FolderTree
from tests.unit.declare.manifests.trees import FLEET, read


def fleet() -> dict[str, Workload]:
    """The workloads of the example fleet, by name."""
    found = read_manifests(FolderTree(FLEET), kustomize=None)
    return {each.name: each for each in workloads(found.documents)}


def one(root: Path, text: str) -> Workload:
    """The only workload of a manifest."""
    (found,) = workloads(read(root, {"a.yaml": text}).documents)
    return found


def test_a_predictor_and_its_transformer_are_two() -> None:
    """Each has its own resources, number and images; the model is the predictor's."""
    predictor, transformer = fleet()["sentiment"], fleet()["sentiment-transformer"]
    assert predictor.replicas == Replicas(2, 6)
    assert predictor.requests == PodResources(Decimal(4), 16 * 2**30, Decimal(1), "L4")
    assert (predictor.provider, predictor.region, predictor.runtime) == ("google", "europe-west4", "huggingface")
    (model,) = predictor.models
    assert (model.uri, model.pin.value, model.path, model.line) == (
        "hf://acme/sentiment",
        "moving",
        "serving/sentiment.yaml",
        17,
    )
    assert transformer.replicas == Replicas(0, None, "scales between 0 and as many as it takes with use")
    assert [each.pin.value for each in transformer.images] == ["digest"]


def test_an_autoscaler_says_how_many() -> None:
    """KEDA's defaults hold where a ScaledObject says nothing: none at least."""
    front = fleet()["front"]
    assert front.replicas == Replicas(0, 10, "scales between 0 and 10 with use")
    assert front.requests == PodResources(Decimal(1), 2**30)
    assert [(each.reference, each.pin.value) for each in front.images] == [("registry.example/front:latest", "moving")]


def test_a_language_model_is_pinned_by_its_commit() -> None:
    """A required affinity with one value tells the kind of GPU; a limit without a request is the request."""
    writer = fleet()["writer"]
    assert writer.requests == PodResources(Decimal(8), 64 * 2**30, Decimal(2), "A100-80GB")
    assert [each.pin.value for each in writer.models] == ["digest"]
    assert writer.replicas == Replicas(2, 2)


def test_a_runtime_lends_its_image_and_resources() -> None:
    """An InferenceService that names a runtime runs that runtime's image; the runtime by itself runs nothing."""
    tabular, runtime = fleet()["tabular"], fleet()["own-runtime"]
    assert [(each.reference, each.path) for each in tabular.images] == [
        ("registry.example/runtime:1.4.2", "serving/language.yaml")
    ]
    assert tabular.requests == PodResources(Decimal(1), 2 * 2**30)
    assert runtime.replicas.reason.startswith("a template")


_SCALE = "{annotations: {autoscaling.knative.dev/min-scale: '2'}}"


@pytest.mark.parametrize(
    ("text", "replicas"),
    [
        ("apiVersion: apps/v1\nkind: StatefulSet\nspec: {replicas: 0, template: {}}", Replicas(0, 0)),
        ("apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: -1}", Replicas(1, 1)),
        ("apiVersion: apps/v1\nkind: Deployment\nspec: {replicas: 'two'}", Replicas(1, 1)),
        (
            "apiVersion: apps/v1\nkind: DaemonSet\nspec: {}",
            Replicas(None, None, "one on every node: how many nodes there are is not in the manifest"),
        ),
        (
            "apiVersion: batch/v1\nkind: CronJob\nspec: {}",
            Replicas(None, None, "runs to completion: how long is not in the manifest"),
        ),
        (
            f"apiVersion: serving.knative.dev/v1\nkind: Service\nspec: {{template: {{metadata: {_SCALE}}}}}",
            Replicas(2, None),
        ),
    ],
)
def test_how_many_run(tmp_path: Path, text: str, replicas: Replicas) -> None:
    """A number where the manifest gives one, else the reason why there is none."""
    assert one(tmp_path, text).replicas == replicas


def test_a_service_of_kubernetes_runs_nothing(tmp_path: Path) -> None:
    """Only Knative's services do, as only Seldon's models are loaded."""
    for kind in ("v1\nkind: Service", "example.com/v1\nkind: Model"):
        assert workloads(read(tmp_path, {"a.yaml": f"apiVersion: {kind}\nspec: {{}}"}).documents) == ()


@pytest.mark.parametrize(
    ("container", "model", "pin"),
    [
        ("args: [--model-id=acme/x, --revision=v1.0]", "acme/x", "tag"),
        ("args: [--model, acme/x]", "acme/x", "moving"),
        ("command: [vllm, serve, acme/x]", "acme/x", "moving"),
        ("args: [--model=/mnt/models]", "/mnt/models", "moving"),
        (f"env: [{{name: MODEL_ID, value: acme/x}}, {{name: REVISION, value: {'c' * 40}}}]", "acme/x", "digest"),
    ],
)
def test_a_model_in_arguments_is_seen(tmp_path: Path, container: str, model: str, pin: str) -> None:
    """As vLLM, TGI and Hugging Face's servers are started."""
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n    - name: a\n      {container}\n"
    (found,) = one(tmp_path, text).models
    assert (found.uri, found.pin.value) == (model, pin)


@pytest.mark.parametrize(
    ("selector", "resource", "kind"),
    [
        ("karpenter.k8s.aws/instance-gpu-name: a10g", "nvidia.com/gpu", "A10G"),
        ("karpenter.k8s.aws/instance-gpu-name: a100", "nvidia.com/gpu", "a100"),
        ("node.kubernetes.io/instance-type: g6e.xlarge", "nvidia.com/gpu", "L40S"),
        ("node.kubernetes.io/instance-type: Standard_NC24ads_A100_v4", "nvidia.com/gpu", "A100-80GB"),
        ("cloud.google.com/gke-accelerator: nvidia-tesla-a100", "nvidia.com/gpu", "A100-40GB"),
        ("nvidia.com/gpu.product: Tesla-T4", "nvidia.com/gpu", "T4"),
        ("nvidia.com/gpu.product: NVIDIA-L40", "nvidia.com/gpu", "L40"),
        ("disk: ssd", "nvidia.com/gpu", ""),
        ("disk: ssd", "nvidia.com/mig-1g.5gb", "mig-1g.5gb"),
        ("cloud.google.com/gke-tpu-accelerator: tpu-v5-lite-podslice", "google.com/tpu", "tpu"),
        ("node.kubernetes.io/instance-type: inf2.xlarge", "aws.amazon.com/neuron", "Inferentia2"),
    ],
)
def test_the_kind_of_gpu_comes_from_node_labels(tmp_path: Path, selector: str, resource: str, kind: str) -> None:
    """And is as little as the manifest says where that is not enough."""
    text = (
        f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  nodeSelector: {{{selector}}}\n"
        f"  containers: [{{name: a, image: a, resources: {{limits: {{{resource}: 1}}}}}}]\n"
    )
    assert one(tmp_path, text).requests.gpu_type == kind


def test_what_one_replica_asks_for(tmp_path: Path) -> None:
    """The sum of the containers and sidecars, or the largest that prepares them (Kubernetes' rule)."""
    text = """
apiVersion: v1
kind: Pod
spec:
  initContainers:
    - {name: prepare, resources: {requests: {cpu: 3, memory: 1Gi}}}
    - {name: sidecar, restartPolicy: Always, resources: {requests: {cpu: 100m, memory: 1M}}}
  containers:
    - {name: a, resources: {requests: {cpu: 1500m, memory: 1e9}}}
    - {name: b, resources: {requests: {cpu: .5, memory: 500M}, limits: {memory: 2Gi}}}
"""
    assert one(tmp_path, text).requests == PodResources(Decimal(3), 1_501_000_000)


@pytest.mark.parametrize("resources", ["{}", "{requests: {cpu: lots, memory: -1}}", "{limits: {nvidia.com/gpu: 0}}"])
def test_a_container_that_does_not_say_is_not_free(tmp_path: Path, resources: str) -> None:
    """What the pod asks for is then not known, however much its sidecar says."""
    text = f"""
apiVersion: v1
kind: Pod
spec:
  initContainers: [{{name: prepare, resources: {{requests: {{cpu: 3, memory: 1Gi}}}}}}]
  containers:
    - {{name: works, resources: {resources}}}
    - {{name: sidecar, resources: {{requests: {{cpu: 100m, memory: 64Mi}}}}}}
"""
    assert one(tmp_path, text).requests == PodResources(None, None)


_KSERVE = "apiVersion: serving.kserve.io/"
_S3 = "{storageUri: 's3://a/b'}"
_STORAGE = "{path: b, parameters: {type: s3}}"
_GRAPH = "{predictors: [{name: p, graph: {children: [{modelUri: 's3://a/b'}]}}]}"


@pytest.mark.parametrize(
    "text",
    [
        f"{_KSERVE}v1alpha2\nkind: InferenceService\nspec: {{default: {{predictor: {{sklearn: {_S3}}}}}}}",
        f"{_KSERVE}v1beta1\nkind: InferenceService\nspec: {{predictor: {{xgboost: {_S3}}}}}",
        f"{_KSERVE}v1beta1\nkind: InferenceService\nspec: {{predictor: {{model: {{storage: {_STORAGE}}}}}}}",
        f"{_KSERVE}v1alpha1\nkind: TrainedModel\nspec: {{model: {_S3}}}",
        f"apiVersion: mlops.seldon.io/v1alpha1\nkind: Model\nspec: {_S3}",
        f"apiVersion: machinelearning.seldon.io/v1\nkind: SeldonDeployment\nspec: {_GRAPH}",
    ],
)
def test_older_and_other_forms_of_a_model(tmp_path: Path, text: str) -> None:
    """Every form that KServe and Seldon take is the same fact."""
    (model,) = one(tmp_path, text).models
    assert model.uri.startswith("s3://")
    assert model.pin.value == "moving"


def test_ray_runs_its_head_and_its_groups(tmp_path: Path) -> None:
    """One workload for each group, with its bounds."""
    text = """
apiVersion: ray.io/v1
kind: RayService
metadata: {name: llm}
spec:
  rayClusterConfig:
    headGroupSpec: {template: {spec: {containers: [{name: h, image: 'ray:2.9.0'}]}}}
    workerGroupSpecs:
      - {groupName: gpu, minReplicas: 1, maxReplicas: 3, template: {spec: {containers: [{name: w, image: ray}]}}}
"""
    found = workloads(read(tmp_path, {"a.yaml": text}).documents)
    assert [(each.name, each.replicas) for each in found] == [
        ("llm-head", Replicas(1, 1)),
        ("llm-gpu", Replicas(1, 3)),
    ]
