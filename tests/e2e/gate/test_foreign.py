"""Useful in two minutes on somebody else's repository: no fairlead.yaml, no cluster, no network."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.gate.shop import Answer, Shop

INFERENCE = """\
"apiVersion": "serving.kserve.io/v1beta1"
"kind": "InferenceService"
metadata: {name: chat, namespace: ml}
spec:
  predictor:
    minReplicas: 2
    model:
      modelFormat: {name: huggingface}
      storageUri: "hf://acme/chat"
      resources:
        requests: {cpu: "2", memory: 4Gi}
        limits: {cpu: "2", memory: 4Gi}
"""
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: "docker.io/acme/web:latest"}
        - name: side
          image: docker.io/library/busybox@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
          resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 64Mi}}
"""
SCALED = """\
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: web}
spec:
  scaleTargetRef: {name: web}
  minReplicaCount: 5
  maxReplicaCount: 9
  triggers: [{type: cpu, metadata: {value: "60"}}]
"""
APPLICATION = """\
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: shop}
spec:
  project: default
  source:
    repoURL: https://git.example.com/shop.git
    targetRevision: HEAD
    path: deploy
  destination: {server: https://kubernetes.default.svc, namespace: shop}
"""


@pytest.fixture
def foreign(shop: Shop, tmp_path: Path) -> Shop:
    """An empty folder that is no workspace."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    return Shop(folder, shop.home, shop.keys)


def found(answer: Answer, words: str) -> list[dict[str, object]]:
    """Findings whose rule has these words."""
    return [each for each in answer.told["findings"] if words in each["rule"]]


def test_a_foreign_repository_is_told_what_runs(foreign: Shop) -> None:
    """Models, images, pins, cost and findings, each with the file and line where it stands."""
    for name, text in (("isvc", INFERENCE), ("web", DEPLOYMENT), ("scaled", SCALED), ("app", APPLICATION)):
        foreign.write(f"deploy/{name}.yaml", text)
    answer = foreign.check(".")
    assert (answer.code, answer.told["verdict"]) == (1, "fail")
    running = {each["what"]: each["pin"] for each in answer.told["running"]}
    assert running["hf://acme/chat"] == "moving"
    assert {pin for what, pin in running.items() if "acme/web" in what} == {"moving"}
    assert {pin for what, pin in running.items() if "busybox" in what} == {"digest"}
    assert any(each["path"] == "deploy/app.yaml" and each["line"] == 8 for each in found(answer, "moving"))
    assert any(each["path"] == "deploy/web.yaml" and each["line"] == 11 for each in found(answer, "image-latest"))
    priced = {each["name"]: each for each in answer.told["costs"]}
    assert any(
        "chat" in name and each["after"] and float(each["after"]["amount"]) > 0 for name, each in priced.items()
    ), priced


def test_requests_of_what_autoscaling_keeps_are_priced(foreign: Shop) -> None:
    """KEDA says 5 at least where the Deployment says 3; the price is that of 5."""
    text = DEPLOYMENT.replace(
        '{name: web, image: "docker.io/acme/web:latest"}',
        "{name: w, image: a, resources: {requests: {cpu: 1, memory: 1Gi}}}",
    )
    foreign.write("web.yaml", text)
    three = foreign.check(".").told["costs"][0]["after"]
    foreign.write("scaled.yaml", SCALED)
    five = foreign.check(".").told["costs"][0]["after"]
    assert abs(float(five["amount"]) / float(three["amount"]) - 5 / 3) < 0.01


def test_a_kustomization_is_what_it_becomes(foreign: Shop) -> None:
    """With kubectl: the patched image is judged; else a message says that nothing renders it."""
    foreign.write("base/web.yaml", DEPLOYMENT)
    foreign.write("base/kustomization.yaml", "resources: [web.yaml]\n")
    foreign.write(
        "prod/kustomization.yaml", 'resources: [../base]\nimages: [{name: docker.io/acme/web, newTag: "1.2.3"}]\n'
    )
    answer = foreign.check(".")
    if found(answer, "no-kustomize"):
        return
    assert not found(answer, "image-latest"), "1.2.3 is what runs"
    assert any("acme/web:1.2.3" in each["what"] for each in answer.told["running"])


def test_a_remote_base_is_not_fetched(foreign: Shop) -> None:
    """A check asks no network: it says so, and does not pass."""
    foreign.write("kustomization.yaml", "resources: ['https://git.example.com/base.git?ref=main']\n")
    assert "foreign/kustomize-remote" in foreign.check(".").rules


def test_nonsense_files_are_no_crash(foreign: Shop) -> None:
    """Broken YAML that looks like a manifest blocks with its line; other rubbish is ignored."""
    foreign.write("bad.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: [\n")
    foreign.write("binary.yaml", b"\x00\xff\xfe\x80" * 1000)
    foreign.write("deep.yaml", "apiVersion: v1\nkind: Pod\nx: " + "[" * 5000)
    foreign.write("bomb.yaml", "apiVersion: v1\nkind: Pod\na: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
        f"{b}: &{b} [{','.join(['*' + a] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)))  # fmt: skip
    foreign.write("empty.yaml", "")
    foreign.write("list.json", "[1, 2, {")
    (foreign.folder / "loop.yaml").symlink_to("loop.yaml")
    (foreign.folder / "out.yaml").symlink_to("/etc/passwd")
    answer = foreign.check(".")
    assert answer.code == 1
    paths = {each["path"]: each["line"] for each in answer.blocking}
    assert {"bad.yaml", "deep.yaml", "bomb.yaml"} <= paths.keys()
    assert paths["bad.yaml"] >= 3
    assert "root:" not in answer.out


def test_nothing_found_is_told(foreign: Shop) -> None:
    """A folder without anything is no silent pass: nothing was judged, so it is insufficient, with a mend."""
    foreign.write("README.md", "# Nothing\n")
    answer = foreign.run("check", ".")
    assert answer.code == 1
    assert "insufficient" in answer.out
    assert "fairlead init" in answer.out


def test_a_folder_that_is_not_there_is_wrong_use(foreign: Shop) -> None:
    """Exit 2, and a message."""
    answer = foreign.run("check", "nowhere")
    assert (answer.code, bool(answer.err.strip())) == (2, True)


def test_own_rego_judges_a_foreign_repository(foreign: Shop) -> None:
    """`--policy DIR`: conftest's deny, unchanged, at the document's place."""
    foreign.write("web.yaml", DEPLOYMENT)
    foreign.write(
        "rules/r.rego",
        'package main\n\ndeny[msg] {\n  input.kind == "Deployment"\n  input.spec.replicas > 2\n  msg := "many"\n}\n',
    )
    answer = foreign.check(".", "--policy", "rules")
    assert any(each["message"] == "many" and each["path"] == "web.yaml" for each in answer.told["findings"])
