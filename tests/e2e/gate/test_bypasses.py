"""The gate cannot be switched off by the change that it judges: each of these brings a bad model along, and is caught.

A bypass is blocked when the model's own violations are still found by the rules of the target branch, and the
weakening itself is a finding that blocks as well.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.e2e.gate.shop import BAD_MODEL, HOUSE, MODEL, VIOLATIONS, Shop

YAML = "fairlead.yaml"
PACK = "baseline: {enforcement: deny, parameters: {licences: [apache-2.0]}}"
PROD = "  - name: prod\n"
NO_PACKS = "{baseline: {enforcement: 'off'}}"
WAIVER = """\
apiVersion: fairlead.dev/v1alpha1
kind: Waiver
rule: baseline/owner
scope: {{models: [example]}}
reason: The owner is being looked for.
expires: {day}
requestedBy: ann@example.com
approvedBy: ben@example.com
"""
SOON = (datetime.now(UTC) + timedelta(days=5)).date()
Bypass = Callable[[Shop], object]


def edit(*edits: tuple[str, str], path: str = YAML) -> Bypass:
    """Replace text."""
    return lambda shop: shop.edit(path, *edits)


def write(path: str, text: str) -> Bypass:
    """Write a file."""
    return lambda shop: shop.write(path, text)


def move(old: str, new: str) -> Bypass:
    """Rename a file or folder."""
    return lambda shop: shop.git("mv", old, new)


def pack(value: str) -> Bypass:
    """Tune the pack otherwise."""
    return edit((PACK, f"baseline: {value}"))


def link_policies(shop: Shop) -> None:
    """The folder of policies leads to an empty one."""
    shutil.rmtree(shop.folder / "policies")
    shop.write("nothing/here.txt", "")
    (shop.folder / "policies").symlink_to("nothing")


def link_file(shop: Shop) -> None:
    """One policy leads to a file that says nothing."""
    shop.write("nothing.rego", "package house\n")
    (shop.folder / "policies/house.rego").unlink()
    (shop.folder / "policies/house.rego").symlink_to("../nothing.rego")


def move_policies(shop: Shop) -> None:
    """Policies move, and their source follows to another folder."""
    shop.git("mv", "policies", "rules")
    shop.edit(YAML, ("{path: policies}", "{path: docs}"))
    shop.write("docs/x.rego", 'package house\n\nimport rego.v1\n\nviolation contains {"msg": "no"} if false\n')


def remove_workspace(shop: Shop) -> None:
    """No fairlead.yaml, so a foreign repository."""
    (shop.folder / YAML).unlink()


def remove_policies(shop: Shop) -> None:
    """Everything below `policies` goes."""
    shop.write(YAML, (shop.folder / YAML).read_text().partition("policies:\n")[0])


def move_workspace(shop: Shop) -> None:
    """The workspace moves to a folder without rules."""
    (shop.folder / "a").mkdir()
    shop.git("mv", YAML, "a/fairlead.yaml")


def new_environment(shop: Shop) -> None:
    """The model runs only in a new environment where packs are off."""
    shop.edit(YAML, (PROD, f"  - {{name: easy, target: {{port: 8803}}, policies: {NO_PACKS}}}\n{PROD}"))
    shop.edit(MODEL, ("  dev: {}\n  prod: {}\n", "  easy: {}\n"))


def signers_elsewhere(shop: Shop) -> None:
    """Another file of signers is named, and written."""
    shop.edit(YAML, ("{required: 0,", "{required: 0, signers: mine,"))
    shop.write("mine", forged_signers(shop))


def forged_signers(shop: Shop) -> str:
    """Signers with Ann's key under the names of all who count."""
    key = (shop.keys / "ann.pub").read_text()
    return "".join(f"{name}@example.com {key}" for name in ("ann", "ben", "cat", "pia"))


BYPASSES: dict[str, Bypass] = {
    "the pack is off": pack("{enforcement: 'off', parameters: {licences: [apache-2.0]}}"),
    "the pack is gone": edit((f"    {PACK}\n", "    finops: {}\n")),
    "all policies are gone": remove_policies,
    "a rule is off": pack("{parameters: {licences: [apache-2.0]}, rules: {owner: {enforcement: 'off'}}}"),
    "a pack only warns": pack("{enforcement: warn, parameters: {licences: [apache-2.0]}}"),
    "a rule is only counted": pack("{parameters: {licences: [apache-2.0]}, rules: {licence: {enforcement: audit}}}"),
    "a bound is widened": pack("{parameters: {licences: [apache-2.0, cc-by-nc-4.0]}}"),
    "a bound is widened for a rule": pack("{rules: {licence: {parameters: {licences: [cc-by-nc-4.0]}}}}"),
    "words that are no owner are none": pack("{parameters: {licences: [apache-2.0], placeholders: [nobody]}}"),
    "an environment overrides": edit((PROD, f"{PROD}    policies: {NO_PACKS}\n")),
    "the policies' folder is renamed": move("policies", "guidelines"),
    "the policies' folder has a capital": move("policies", "Policies"),
    "the policies move away": move_policies,
    "the policies' folder is a link": link_policies,
    "a policy is a link": link_file,
    "a policy is gone": lambda shop: (shop.folder / "policies/house.rego").unlink(),
    "a policy is a test": move("policies/house.rego", "policies/house_test.rego"),
    "a policy is always content": edit(('== "none"', '== "never"'), path="policies/house.rego"),
    "a policy only warns": edit(("violation contains", "warn contains"), path="policies/house.rego"),
    "a policy does not compile": edit(("package house", "package house {"), path="policies/house.rego"),
    "own policies only warn": edit(("{path: policies}", "{path: policies, enforcement: warn}")),
    "own policies hold in dev": edit(("{path: policies}", "{path: policies, environments: [dev]}")),
    "own policies are read otherwise": edit(("{path: policies}", "{path: policies, dialect: conftest}")),
    "the signers are others": lambda shop: shop.write(".fairlead/allowed_signers", forged_signers(shop)),
    "the signers are elsewhere": signers_elsewhere,
    "an approver makes herself": edit(("roles: [operator]", "roles: [operator, approver]")),
    "a policy owner more": edit(("[pia@example.com]", "[pia@example.com, ann@example.com]")),
    "the code owners are others": write("CODEOWNERS", "* ann@example.com\n"),
    "the code owners are gone": lambda shop: (shop.folder / "CODEOWNERS").unlink(),
    "a waiver by the author": write("waivers/owner.yaml", WAIVER.format(day=SOON)),
    "waivers for anything": edit(("never: [baseline/locked]", "never: []")),
    "waivers from elsewhere": edit(("{never: [baseline/locked]}", "{never: [baseline/locked], folder: mine}")),
    "fairlead.yaml is gone": remove_workspace,
    "fairlead.yaml has another ending": move(YAML, "fairlead.yml"),
    "fairlead.yaml has a capital": move(YAML, "Fairlead.yaml"),
    "fairlead.yaml moves down": move_workspace,
    "fairlead.yaml is nonsense": write(YAML, "nothing: [here\n"),
    "a new environment without packs": new_environment,
}  # fmt: skip


@pytest.mark.parametrize("name", BYPASSES)
def test_no_change_switches_off_the_gate_that_judges_it(change: Shop, name: str) -> None:
    """The weakening is found, with a mend, and what the bad model breaks is found by the rules of main all the same."""
    change.edit(MODEL, *BAD_MODEL)
    BYPASSES[name](change)
    change.commit(name)
    answer = change.judge()
    assert answer.code == 1
    assert answer.rules - VIOLATIONS, f"the weakening is no finding: {answer.out}"
    if "fairlead.yaml" not in name and "new environment" not in name:  # else there is no model that main's rules know
        assert answer.rules >= VIOLATIONS, f"the bad model got through: {answer.rules}"


def test_without_a_bypass_the_gate_is_no_wall(change: Shop) -> None:
    """The shop passes, so does a harmless change; the bad model alone is blocked by exactly what it breaks."""
    assert change.check().told["verdict"] == "pass"
    change.edit(MODEL, ("memory: 256Mi", "memory: 300Mi"))
    change.commit("More room")
    assert change.judge().told["verdict"] == "pass"
    change.edit(MODEL, *BAD_MODEL)
    change.commit("Bad")
    assert change.judge().rules == VIOLATIONS


def test_a_stricter_gate_needs_nobody(change: Shop) -> None:
    """Strengthening is no weakening."""
    change.edit(YAML, (PACK, f"{PACK}\n    lineage: {{enforcement: warn}}"))
    change.commit("Stricter")
    assert change.judge().code == 0


def test_a_bypass_of_several_commits_is_one(change: Shop) -> None:
    """Weaken, change, and put back: the change as a whole is judged, by main's rules."""
    before = (change.folder / YAML).read_text()
    BYPASSES["the pack is off"](change)
    change.commit("Off")
    change.edit(MODEL, *BAD_MODEL)
    change.commit("Bad")
    change.write(YAML, before)
    change.commit("On")
    assert change.judge().rules == VIOLATIONS


def test_a_weakening_in_two_steps_is_found_in_the_second(shop: Shop) -> None:
    """Signers that do not exist yet weaken nothing; writing them does."""
    shop.edit(YAML, ("{required: 0,", "{required: 0, signers: mine,"))
    shop.commit("First")
    shop.branch()
    shop.write("mine", forged_signers(shop))
    shop.commit("Second")
    assert shop.judge().code == 1


def test_a_pinned_policy_repository_is_not_exchanged(shop: Shop) -> None:
    """Its commit is main's: a pin to one without the rule is found, and the rule of main's pin judges."""
    shop.git("switch", "--quiet", "--orphan", "rules")
    shop.write("rules/house.rego", HOUSE)
    good = shop.commit("Rules")
    shop.write("rules/house.rego", HOUSE.replace('"none"', '"never"'))
    bad = shop.commit("No rules")
    shop.git("switch", "--quiet", "main")
    pinned = f"  repository: {{url: {shop.folder}, commit: {good}, sources: [{{path: rules}}]}}\n"
    shop.edit(YAML, ("  sources:\n    - {path: policies}\n", pinned))
    (shop.folder / "policies/house.rego").unlink()
    shop.settle()
    shop.branch()
    shop.edit(YAML, (good, bad))
    shop.edit(MODEL, *BAD_MODEL)
    shop.commit("Another pin")
    answer = shop.judge()
    assert answer.rules > VIOLATIONS, answer.out


def test_a_lower_risk_in_the_same_change_is_found(shop: Shop) -> None:
    """Whoever makes a model harmless to be rid of duties needs somebody's word for it."""
    shop.edit(MODEL, ("environments:\n", "risk: {class: high, duties: [fairness]}\nenvironments:\n"))
    shop.commit("Risky")
    shop.branch()
    shop.edit(MODEL, ("class: high, duties: [fairness]", "class: minimal"))
    shop.commit("Harmless")
    assert any(rule.startswith("protection/") for rule in shop.judge().rules)


def test_a_history_without_the_rules_is_judged_by_main(shop: Shop) -> None:
    """A rewritten branch that shares nothing with main is judged by main's rules, or not at all."""
    shop.edit(MODEL, *BAD_MODEL)
    shop.edit(YAML, (PACK, "baseline: {enforcement: 'off'}"))
    shop.git("add", "--all")
    root = shop.git("commit-tree", shop.git("write-tree"), "-m", "Another beginning")
    shop.git("reset", "--quiet", "--hard")
    shop.git("switch", "--quiet", "--create", "change", root)
    answer = shop.run("check", ".", "--base", "main", "--commit", "HEAD", "--format", "json")
    assert answer.code in {1, 2}
