"""Infrastructure as code: a plan is judged and priced as written; bad or huge input ends in a clear answer."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.e2e.gate.shop import MODEL, Shop


def resource(
    kind: str, name: str, before: dict[str, Any] | None, after: dict[str, Any] | None, action: str
) -> dict[str, Any]:
    """One entry of `resource_changes`, as Terraform's documentation has it."""
    change = {
        "actions": [action],
        "before": before,
        "after": after,
        "after_unknown": {},
        "before_sensitive": {},
        "after_sensitive": {"password": True},
    }
    return {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name,
            "provider_name": "registry.terraform.io/hashicorp/aws", "change": change}  # fmt: skip


def plan(*changes: dict[str, Any]) -> str:
    """`terraform show -json` of a plan."""
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.9.0",
            "planned_values": {"root_module": {}},
            "resource_changes": list(changes),
        }
    )


SMALL = {"instance_type": "m5.large", "availability_zone": "us-east-1a", "password": "correct-horse-battery"}
LARGE = {**SMALL, "instance_type": "m5.xlarge"}


def test_a_plan_is_priced_before_and_after(shop: Shop) -> None:
    """Twice the machine is twice the price, a function's use is unknown, and nothing sensitive is repeated."""
    shop.write("../plan.json", plan(
        resource("aws_instance", "api", SMALL, LARGE, "update"),
        resource("aws_lambda_function", "score", None, {"memory_size": 512, "function_name": "score"}, "create"),
        resource("aws_s3_bucket", "b", None, {"bucket": "b"}, "create"),
    ))  # fmt: skip
    answer = shop.check("--iac", "../plan.json")
    costs = {each["name"]: each for each in answer.told["costs"]}
    machine = costs["aws_instance.api"]
    assert float(machine["after"]["amount"]) == pytest.approx(2 * float(machine["before"]["amount"]), rel=0.01)
    assert 60 < float(machine["before"]["amount"]) < 80, "0.096 USD per hour for 730 hours"
    assert costs["aws_lambda_function.score"]["after"] is None
    assert costs["aws_lambda_function.score"]["unpriced"]
    assert "correct-horse-battery" not in answer.out + answer.err


LARGE_RULE = """\
package main

deny[msg] {
  input.after.instance_type == "m5.xlarge"
  msg := sprintf("%s is too large", [input.metadata.name])
}
"""


def test_policies_see_a_plan(shop: Shop) -> None:
    """A rule over the planned resources blocks, and names the file."""
    shop.write("../rules/iac.rego", LARGE_RULE)
    shop.write("../plan.json", plan(resource("aws_instance", "api", SMALL, LARGE, "update")))
    shop.write("../theirs/README.md", "x")
    answer = shop.check("../theirs", "--iac", "../plan.json", "--policy", "../rules")
    assert any("aws_instance.api is too large" in each["message"] for each in answer.blocking), answer.out


UNREADABLE = ("", "{", "PK\x03\x04", '{"@level":"info","type":"version"}\n', "[" * 100000, '{"format_version": "99.0"}')
RUBBISH = (
    "a: [", "a: *b", "? [", "\t- x", "kind: Model\nkind: Model\n", "- " * 20000,
    "!!python/object/apply:os.system ['touch owned']",
)  # fmt: skip


def test_a_plan_that_cannot_be_read_does_not_pass(shop: Shop) -> None:
    """What would happen is not known: each blocks, with a mend."""
    for number, text in enumerate(UNREADABLE):
        shop.write(f"../plan{number}.json", text)
    words = [part for number in range(len(UNREADABLE)) for part in ("--iac", f"../plan{number}.json")]
    blocked = {each["path"] for each in shop.check(*words).blocking}
    assert len({path for path in blocked if "plan" in path}) == len(UNREADABLE), blocked


def test_huge_files_are_bounded(shop: Shop) -> None:
    """A declaration of 60 MB is refused at once, by name."""
    shop.write("models/example/model.yaml", (shop.folder / MODEL).read_text() + "# " + "x" * 60_000_000)
    begun = time.monotonic()
    answer = shop.check()
    assert answer.code == 1
    assert time.monotonic() - begun < 30
    assert any(each["path"] == MODEL for each in answer.blocking)


def test_broken_yaml_has_a_line(shop: Shop) -> None:
    """Any rubbish in a declaration is a finding at a line, never a crash, and never run."""
    for number, text in enumerate(RUBBISH):
        shop.write(f"models/m{number}/model.yaml", text)
    lines = {each["path"]: each["line"] for each in shop.check().blocking}
    assert all(lines.get(f"models/m{number}/model.yaml", 0) >= 1 for number in range(len(RUBBISH))), lines
    assert not (shop.folder / "owned").exists()
