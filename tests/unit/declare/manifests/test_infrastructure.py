"""Infrastructure files are recognised by their content, read in full, or refused with what to do."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.declare.manifests import infrastructure
from fairlead.declare.manifests.infrastructure import read_infrastructure
from fairlead.declare.manifests.json_text import MAX_LEVELS
from fairlead.domain.infrastructure import Change, InfraDocument, Infrastructure, Resource
from tests.unit.declare.manifests.trees import DATA, DEPLOYMENT

PLANS = sorted((DATA / "infrastructure").glob("*.json"))


def read(name: str) -> Infrastructure:
    """One of the example files."""
    return read_infrastructure(name, (DATA / "infrastructure" / name).read_bytes())


def by_name(found: Infrastructure) -> dict[str, Resource]:
    """Resources by the last part of their address."""
    return {each.address.rpartition("::")[2].rpartition(".")[2]: each for each in found.resources}


def test_a_plan_that_terraform_wrote() -> None:
    """Every action of a real plan, with the addresses of modules and of copies."""
    found = read("terraform-real.json")
    assert found.kind is InfraDocument.TERRAFORM_PLAN
    assert {each.address: each.action.value for each in found.resources} == {
        "terraform_data.many[0]": "replace",
        "terraform_data.many[1]": "delete",
        "terraform_data.one": "update",
        'module.m.terraform_data.inner["a"]': "no-op",
        'module.m.terraform_data.inner["b"]': "no-op",
    }
    replaced = found.resources[0]
    assert replaced.before is not None
    assert replaced.before["triggers_replace"] == "a"
    assert replaced.after == {"input": 0, "triggers_replace": "b"}
    assert replaced.unknown == {"id", "output"}
    assert found.findings == ()


@pytest.mark.skipif(shutil.which("terraform") is None, reason="no terraform is here")
def test_the_terraform_that_is_here_is_understood(tmp_path: Path) -> None:
    """Its own plan, made now, from a resource that needs no provider to be fetched."""
    (tmp_path / "main.tf").write_text('resource "terraform_data" "a" {\n  input = "x"\n}\n')
    for command in (["init", "-input=false"], ["plan", "-out=plan", "-input=false"]):
        subprocess.run(["terraform", *command], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    plan = tmp_path / "plan"
    shown = subprocess.run(["terraform", "show", "-json", "plan"], cwd=tmp_path, check=True, capture_output=True)
    found = read_infrastructure("plan.json", shown.stdout)
    assert [(each.address, each.action) for each in found.resources] == [("terraform_data.a", Change.CREATE)]
    assert [each.rule for each in read_infrastructure("plan", plan.read_bytes()).findings] == ["infra/binary-plan"]


def test_regions_and_what_things_are_made_from() -> None:
    """A zone's region, a provider's variable, a launch template by reference, a cluster's location by its id."""
    amazon = by_name(read("terraform-aws.json"))
    assert (amazon["trainer"].region, amazon["far"].region, amazon["main"].region) == (
        "us-east-1",
        "eu-west-1",
        "us-east-1",
    )
    assert amazon["gpu"].region == "us-east-1"
    assert amazon["pool"].linked_after == {"name": "pool", "instance_type": "g6.xlarge"}
    assert amazon["later"].unknown == {"instance_type"}
    azure = by_name(read("terraform-azure.json"))
    assert azure["vm"].region == "westeurope"
    assert azure["gpu"].region == "eastus"
    assert azure["f"].linked_after is not None
    assert azure["f"].linked_after["sku_name"] == "Y1"
    assert by_name(read("terraform-google.json"))["vm"].region == "us-central1"


def test_a_preview_of_pulumi() -> None:
    """The three steps of a replacement are one; properties are spelled as Terraform's; manifests come out as such."""
    found = read("pulumi.json")
    assert found.kind is InfraDocument.PULUMI_PREVIEW
    resources = by_name(found)
    assert {name: each.action.value for name, each in resources.items()} == {
        "trainer": "replace",
        "pool": "create",
        "gpu": "update",
        "api": "create",
        "blue": "create",
        "gone": "delete",
    }
    trainer, gone, pool = resources["trainer"], resources["gone"], resources["pool"]
    assert (trainer.type, trainer.native_type) == ("aws_instance", "aws:ec2/instance:Instance")
    assert trainer.before == {"instance_type": "g5.xlarge", "availability_zone": "us-east-1a"}
    assert trainer.after == {"instance_type": "g5.2xlarge", "availability_zone": "us-east-1a"}
    assert (gone.region, gone.after) == ("us-east-1", None)
    assert pool.linked_after == {"instance_type": "g6.xlarge"}
    assert pool.unknown == {"launch_template"}
    assert [(each.kind, each.name, each.namespace) for each in found.manifests] == [("Deployment", "api", "prod")]


def test_secrets_are_taken_out_while_reading() -> None:
    """What Terraform marks, at any depth, and what Pulumi wraps; the rest stays."""
    change = {
        "actions": ["update"],
        "before": {"password": "hidden", "nested": [{"key": "hidden", "name": "a"}, {"name": "b"}]},
        "before_sensitive": {"password": True, "nested": [{"key": True}]},
        "after": {"password": "hidden", "env": {"A": "hidden"}},
        "after_sensitive": {"password": True, "env": True},
    }
    plan = {"format_version": "1.2", "resource_changes": [{"address": "a.b", "type": "a", "change": change}]}
    secret = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"hidden"'}
    state = {
        "type": "aws:ec2/instance:Instance",
        "inputs": {"userData": secret, "ami": "a"},
        "outputs": {"x": [secret]},
    }
    step = {"op": "create", "urn": "u", "newState": state}
    for file in (plan, {"steps": [step], "changeSummary": {}}):
        found = read_infrastructure("x.json", json.dumps(file).encode())
        assert "hidden" not in repr(found.resources)
        assert "(secret)" in repr(found.resources)
    assert found.resources[0].after == {"user_data": "(secret)", "ami": "a", "x": ["(secret)"]}


def test_manifests_are_recognised_too() -> None:
    """As YAML, as JSON, and as a file that PowerShell wrote."""
    as_json = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}}).encode()
    for content in (DEPLOYMENT.encode(), as_json, DEPLOYMENT.encode("utf-16"), b"\xef\xbb\xbf" + DEPLOYMENT.encode()):
        found = read_infrastructure("x", content)
        assert (found.kind, [each.name for each in found.manifests]) == (InfraDocument.KUBERNETES, ["web"])


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "infra/unknown-kind"),
        (b"{}", "infra/unknown-kind"),
        (b"[1, 2]", "infra/unknown-kind"),
        (b'{"format_version": ', "infra/broken-json"),
        (b'{"a": NaN}', "infra/broken-json"),
        (b'{"a": 1' + b"0" * 5000 + b"}", "infra/broken-json"),
        (b'{"a":' * (MAX_LEVELS + 1) + b"1" + b"}" * (MAX_LEVELS + 1), "infra/broken-json"),
        (b"[" * 1_000_000, "infra/broken-json"),
        (b"PK\x03\x04rest", "infra/binary-plan"),
        (b"\xff\xff\xff", "infra/not-utf-8"),
        (b'{"@level":"info"}\n{"@level":"info"}\n', "infra/event-log"),
        (b'{"format_version": "2.0", "resource_changes": []}', "infra/unknown-format"),
        (b'{"format_version": "1.2", "resource_changes": [], "errored": true}', "infra/incomplete-plan"),
        (b'{"format_version": "1.0", "planned_values": {"root_module": {"a": 1}}}', "infra/incomplete-plan"),
        (b'{"format_version": "1.2", "resource_changes": [{"change": {"actions": ["x"]}}]}', "infra/unknown-action"),
        (b'{"steps": [{"op": "x", "urn": "u"}], "changeSummary": {}}', "infra/unknown-action"),
        (b'{"steps": [], "changeSummary": {}, "diagnostics": [{"severity": "error"}]}', "infra/incomplete-plan"),
    ],
)
def test_what_is_none_of_them_says_what_to_give(content: bytes, rule: str) -> None:
    """One finding that blocks, with a mend."""
    (finding,) = read_infrastructure("x.json", content).findings
    assert (finding.rule, finding.severity.value) == (rule, "insufficient")
    assert finding.mend


def test_size_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file beyond the limit is not even looked at."""
    monkeypatch.setattr(infrastructure, "MAX_BYTES", 100)
    (finding,) = read_infrastructure("x.json", b"{" + b" " * 100).findings
    assert finding.rule == "infra/too-large"


def test_ten_thousand_resources_are_quick() -> None:
    """Looking up what each is made from does not look through the whole plan for each."""
    plan = json.loads((DATA / "infrastructure" / "terraform-aws.json").read_text())
    group = next(each for each in plan["resource_changes"] if each["type"] == "aws_autoscaling_group")
    plan["resource_changes"] += [group | {"address": f"{group['address']}[{n}]"} for n in range(10_000)]
    content = json.dumps(plan).encode()
    started = time.perf_counter()
    found = read_infrastructure("plan.json", content)
    assert time.perf_counter() - started < 10
    assert found.resources[-1].linked_after is not None


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:  # noqa: ANN401 - JSON is whatever it is
    """The path of every value in JSON data."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at] + [path for key, below in inner for path in places(below, (*at, key))]


def replaced(value: Any, at: tuple[Any, ...], new: object) -> object:  # noqa: ANN401 - JSON is whatever it is
    """The data with another value at that path."""
    if not at:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[at[0]] = replaced(value[at[0]], at[1:], new)
    return copy


@settings(max_examples=120, deadline=2000, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_plan_with_anything_anywhere_is_read_or_refused(data: st.DataObject) -> None:
    """Whatever stands where something else should: no exception."""
    plan = json.loads(data.draw(st.sampled_from(PLANS)).read_text())
    at = data.draw(st.sampled_from(places(plan)))
    found = read_infrastructure("plan.json", json.dumps(replaced(plan, at, data.draw(_JSON))).encode())
    assert found.kind in InfraDocument


@settings(max_examples=200, deadline=2000)
@given(st.sampled_from(PLANS), st.integers(0, 10_000), st.binary(max_size=20))
def test_a_damaged_file_is_read_or_refused(path: Path, at: int, noise: bytes) -> None:
    """Bytes that were changed or cut off."""
    content = path.read_bytes()
    assert read_infrastructure("x", content[: at % len(content)] + noise).findings
    read_infrastructure("x", content[: at % len(content)] + noise + content[at % len(content) + len(noise) :])
