"""The rules that judge manifests run in Gatekeeper as they are, with the modules that they import as `libs`."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead.domain.policy import Policy
from tests.unit.check.packs.asking import judges, rules
from tests.unit.check.packs.cases import CASES, passing

pytestmark = pytest.mark.opa

MANIFESTS = sorted(set(passing()) - {"Model"})


@pytest.fixture(scope="module")
def gator() -> str:
    """Gatekeeper's own command line."""
    found = shutil.which("gator")
    if found is None:
        pytest.skip("needs gator on the PATH: https://open-policy-agent.github.io/gatekeeper/website/docs/gator")
    return found


def _kind(policy: Policy) -> str:
    return "".join(word.title() for word in policy.rule.id.replace("/", "-").split("-"))


def _policies() -> list[Policy]:
    return [each for each in rules() if any(judges(each, passing()[kind]) for kind in MANIFESTS)]


def _template(policy: Policy) -> dict[str, Any]:
    own, *libraries = policy.modules
    source = {"version": "v1", "rego": own.text, "libs": [each.text for each in libraries]}
    kind = _kind(policy)
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    return {
        "apiVersion": "templates.gatekeeper.sh/v1",
        "kind": "ConstraintTemplate",
        "metadata": {"name": kind.lower()},
        "spec": {
            "crd": {"spec": {"names": {"kind": kind}, "validation": {"openAPIV3Schema": schema}}},
            "targets": [
                {"target": "admission.k8s.gatekeeper.sh", "code": [{"engine": "Rego", "source": source}]},
            ],
        },
    }


def _constraint(policy: Policy) -> dict[str, Any]:
    kinds = [kind for kind in MANIFESTS if judges(policy, passing()[kind])]
    return {
        "apiVersion": "constraints.gatekeeper.sh/v1beta1",
        "kind": _kind(policy),
        "metadata": {"name": policy.rule.id.replace("/", "-")},
        "spec": {"match": {"kinds": [{"apiGroups": ["*"], "kinds": kinds}]}},
    }


def _objects() -> Iterator[tuple[str, dict[str, Any], set[str]]]:
    """Name, manifest, and the rules that must refuse it."""
    for kind in MANIFESTS:
        yield f"passing-{kind.lower()}", passing()[kind], set()
    for place, case in enumerate(CASES):
        if case.subject in MANIFESTS:
            yield f"case-{place}", case.document(), {each.replace("/", "-") for each in case.said}


def test_gatekeeper_refuses_what_fairlead_refuses(gator: str, tmp_path: Path) -> None:
    """Without any parameter: each manifest is refused by the rules that its case names, and by no other."""
    objects = list(_objects())
    for name, document, _ in objects:
        document["metadata"]["name"] = name
    written = [_template(each) for each in _policies()] + [_constraint(each) for each in _policies()]
    (tmp_path / "all.yaml").write_text(
        "\n---\n".join(json.dumps(each) for each in [*written, *(o for _, o, _ in objects)])
    )
    command = [gator, "test", "--filename", str(tmp_path / "all.yaml"), "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, check=False)
    assert done.stdout.startswith("["), done.stderr[-2000:]
    refused: dict[str, set[str]] = {}
    for found in json.loads(done.stdout):
        refused.setdefault(found["violatingObject"]["metadata"]["name"], set()).add(
            found["constraint"]["metadata"]["name"]
        )
    assert refused == {name: said for name, _, said in objects if said}
