"""`fairlead check` on a repository that is not fairlead's: useful at once, and the same from a folder below it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.declare.manifests.trees import DATA, FLEET

needs_kustomize = pytest.mark.skipif(
    not (shutil.which("kustomize") or shutil.which("kubectl")), reason="neither kustomize nor kubectl is here"
)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A Git repository with the fleet's manifests in a folder of it, and an empty home beside it."""
    shutil.copytree(FLEET, tmp_path / "repository" / "deploy")
    (tmp_path / "home").mkdir()
    git = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "Begin"]):
        subprocess.run([*git, *words], cwd=tmp_path / "repository", check=True)
    return tmp_path / "repository"


def check(folder: Path, *words: str) -> dict[str, Any]:
    """The JSON answer, which must not open the gate."""
    run = subprocess.run(
        [sys.executable, "-m", "fairlead", "check", *words, "--format", "json"],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder.parent / "home")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert run.returncode == 1, run.stderr
    answer: dict[str, Any] = json.loads(run.stdout)
    return answer


@needs_kustomize
def test_what_runs_what_it_costs_and_what_is_wrong(repository: Path) -> None:
    """Without a word of configuration: models and images with pins and places, list prices, findings with lines."""
    answer = check(repository, ".")
    running = {(each["name"], each["what"]): (each["pin"], each["path"], each["line"]) for each in answer["running"]}
    assert running["sentiment", "hf://acme/sentiment"] == ("moving", "deploy/serving/sentiment.yaml", 17)
    assert running["prod-worker", "registry.example/worker:1.2.0"] == ("tag", "deploy/base/worker.yaml", 14)
    costs = {each["name"]: each["after"] for each in answer["costs"]}
    assert costs["InferenceService text/sentiment"] == {"amount": "1175.008", "currency": "USD"}
    assert costs["Deployment text/front"] is None
    moving = {(each["path"], each["line"]) for each in answer["findings"] if "moving" in each["rule"]}
    assert ("deploy/apps/argo.yaml", 9) in moving
    assert answer["verdict"] == "fail"


@needs_kustomize
def test_a_folder_of_it_is_the_same(repository: Path) -> None:
    """Kustomizations are rendered there too."""
    answer = check(repository, "deploy")
    assert "prod-worker" in {each["name"] for each in answer["running"]}
    assert not [each for each in answer["findings"] if each["rule"].startswith("foreign/kustomize")]


def test_a_plan_is_priced_before_and_after(repository: Path) -> None:
    """With the use that a file assumes, which the cost names."""
    usage = repository / "usage.yaml"
    usage.write_text(
        "source: forecast of 2026-10\n"
        "resources: {aws_lambda_function.score: {requestsPerMonth: 3000000, averageMilliseconds: 250}}\n"
    )
    plan = DATA / "infrastructure" / "terraform-aws.json"
    answer = check(repository, ".", "--iac", str(plan), "--usage", str(usage))
    costs = {each["name"]: each for each in answer["costs"]}
    trainer, score = costs["aws_instance.trainer"], costs["aws_lambda_function.score"]
    assert (trainer["before"]["amount"], trainer["after"]["amount"]) == ("734.38", "884.76")
    assert score["after"] == {"amount": "10.60005", "currency": "USD"}
    assert "forecast of 2026-10" in score["assumptions"]
    assert costs["aws_instance.far"]["unpriced"]
