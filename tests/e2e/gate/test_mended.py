"""What this suite once found broken, and what therefore is tried again."""

from __future__ import annotations

from tests.e2e.gate.shop import MODEL, Shop
from tests.e2e.gate.test_foreign import DEPLOYMENT
from tests.e2e.gate.test_infrastructure import LARGE, SMALL, plan, resource

PLAN_RULE = """\
package main

deny[msg] {
  r := input.resource_changes[_]
  r.change.after.instance_type == "m5.xlarge"
  msg := sprintf("%s is too large", [r.address])
}
"""


def test_a_code_owner_of_a_path_outside_of_models_is_asked(change: Shop) -> None:
    """`codeOwners`: an owner of each changed path must approve, also where no model changes."""
    change.write("infrastructure/main.tf", "# nothing yet\n")
    change.commit("Infrastructure")
    assert change.judge().code == 1


def test_what_main_did_meanwhile_is_not_the_changes(shop: Shop) -> None:
    """Main goes on after the branch began: its news is nothing that the change takes back."""
    shop.branch()
    shop.edit(MODEL, ("memory: 256Mi", "memory: 300Mi"))
    shop.commit("Room")
    shop.git("switch", "--quiet", "main")
    shop.edit(
        "fairlead.yaml", ("  waivers: {never: [baseline/locked]}", "  waivers: {never: [baseline/locked, house]}")
    )
    shop.write("policies/also.rego", 'package also\n\nimport rego.v1\n\nviolation contains {"msg": "no"} if false\n')
    shop.settle()
    shop.git("switch", "--quiet", "change")
    answer = shop.judge()
    assert answer.code == 0, answer.out


def test_no_policy_prints_a_secret(shop: Shop) -> None:
    """A token in a declaration, in a policy's message or in a manifest's environment is not repeated in any form."""
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    shop.edit(MODEL, ("  replicas: 1\n", f"  replicas: 1\n  env: {{API_TOKEN: {secret}}}\n"))
    shop.write(
        "policies/tell.rego",
        'package tell\n\nimport rego.v1\n\nviolation contains {"msg": sprintf("%v", [input.review.object.spec])}\n',
    )
    shop.settle()
    answer = shop.run("check")
    assert secret not in answer.out + answer.err


def test_a_conftest_rule_for_plans_holds_unchanged(shop: Shop) -> None:
    """A rule over the resources of a plan blocks, and names the file."""
    shop.write("../rules/iac.rego", PLAN_RULE)
    shop.write("../plan.json", plan(resource("aws_instance", "api", SMALL, LARGE, "update")))
    shop.write("../theirs/README.md", "x")
    folder = shop.folder.parent
    answer = shop.check(str(folder / "theirs"), "--iac", str(folder / "plan.json"), "--policy", str(folder / "rules"))
    assert any("aws_instance.api is too large" in each["message"] for each in answer.blocking), answer.out


def test_a_container_without_requests_has_no_price(shop: Shop) -> None:
    """What requests nothing is not free: the workload's sum is unknown, and says why."""
    shop.write("../theirs/web.yaml", DEPLOYMENT)
    costs = shop.check("../theirs").told["costs"]
    assert costs[0]["unpriced"]


def test_approve_and_the_gate_count_the_same_hands(shop: Shop) -> None:
    """Who approves is told whether it counts: Pia, who moved a port before, is refused, or believed by the gate too."""
    shop.edit("fairlead.yaml", ("port: 8801", "port: 8811"))
    shop.commit("A port", by="pia")
    shop.write("policies/late.rego", 'package late\n\nimport rego.v1\n\nviolation contains {"msg": "x"} if false\n')
    shop.commit("Rules")
    believed = shop.approve("policies", by="pia").code == 0
    assert believed == (shop.check().code == 0)
