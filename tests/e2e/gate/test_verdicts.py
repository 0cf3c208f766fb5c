"""One engine, one verdict: pass, fail, insufficient or error; exit 0, 1 or 2; a change is told by what it touches."""

from __future__ import annotations

import shutil

import pytest

from tests.e2e.gate.shop import BAD_MODEL, MODEL, Shop

BROKEN_RULE = """\
package broken

import rego.v1

violation contains {"msg": "x"} if to_number(input.review.object.metadata.name) > 1
"""
UNKNOWN = """\
package unknown

import rego.v1

violation contains {"msg": "nobody measured it", "details": {"verdict": "insufficient"}} if input.review.object.spec
"""


def test_pass(shop: Shop) -> None:
    """Nothing blocks: 0."""
    answer = shop.check()
    assert (answer.code, answer.told["verdict"]) == (0, "pass")


def test_fail(shop: Shop) -> None:
    """A broken rule: 1, at the line of the field."""
    shop.edit(MODEL, *BAD_MODEL)
    answer = shop.check()
    assert (answer.code, answer.told["verdict"]) == (1, "fail")
    lines = (shop.folder / MODEL).read_text().splitlines()
    place = next(each for each in answer.blocking if each["rule"] == "baseline/owner")
    assert lines[place["line"] - 1].startswith("owner:")
    assert {each["environment"] for each in answer.blocking} == {"dev", "prod"}


@pytest.mark.parametrize(("rego", "verdict"), [(BROKEN_RULE, "error"), (UNKNOWN, "insufficient")])
def test_what_cannot_be_judged_or_known_does_not_pass(shop: Shop, rego: str, verdict: str) -> None:
    """A builtin's error is `error`, missing data is `insufficient`; both exit with 1."""
    shop.write("policies/more.rego", rego)
    shop.settle()
    answer = shop.check()
    assert (answer.code, answer.told["verdict"]) == (1, verdict)


@pytest.mark.parametrize(
    "words",
    [
        ["--base", "nowhere"],
        ["--commit", "nowhere"],
        ["--format", "xml"],
        ["--iac", "none.json"],
        ["--output", "sarif"],
        ["--what"],
    ],
)
def test_wrong_use(shop: Shop, words: list[str]) -> None:
    """A check that could not be made ends with 2, and says why."""
    answer = shop.run("check", *words)
    assert answer.code == 2, answer.out
    assert answer.err.strip()


def test_a_broken_world(shop: Shop) -> None:
    """A base in no repository: 2, never 0."""
    shutil.rmtree(shop.folder / ".git")
    assert shop.run("check", "--base", "main").code == 2


def two_models(shop: Shop) -> None:
    """Another model on main, which breaks a rule there already."""
    shutil.copytree(shop.folder / "models/example", shop.folder / "models/other")
    shop.edit("models/other/model.yaml", *BAD_MODEL, ("models/example/", "models/other/"))
    assert shop.run("lock", "other").code == 0
    shop.commit("Another")


def test_a_change_is_told_by_what_it_touches(shop: Shop) -> None:
    """What is wrong on main is not the change's; what the change breaks is; a touched old mistake counts."""
    two_models(shop)
    assert {each["model"] for each in shop.check().blocking} == {"other"}
    shop.branch()
    shop.edit(MODEL, ("memory: 256Mi", "memory: 300Mi"))
    shop.commit("Room")
    answer = shop.judge()
    assert (answer.code, answer.told["models"]) == (0, 1)
    shop.edit("models/other/model.yaml", ("memory: 256Mi", "memory: 300Mi"))
    shop.commit("Touch")
    assert {each["model"] for each in shop.judge().blocking} == {"other"}


def test_rules_of_main_judge_at_once(shop: Shop) -> None:
    """A rule that main has got since the branch began judges the change."""
    shop.branch()
    shop.edit(MODEL, ("owner: you@example.com", "owner: x"))
    shop.commit("Owner")
    shop.git("switch", "--quiet", "main")
    shop.write(
        "policies/own.rego",
        'package own\n\nimport rego.v1\n\nviolation contains {"msg": "x"} if input.review.object.spec.owner == "x"\n',
    )
    shop.settle()
    shop.git("switch", "--quiet", "change")
    answer = shop.judge()
    assert any("own" in rule for rule in answer.rules), answer.out + answer.err


def test_the_cost_of_a_change_is_told(change: Shop) -> None:
    """Before and after per month; half a core at 0.05 USD for 730 hours is 18.25, twice as many cores twice that."""
    change.edit(MODEL, ("cpu: 0.5", "cpu: 1"))
    change.commit("A core")
    costs = {each["environment"]: each for each in change.judge().told["costs"]}
    amounts = {name: [float(each[when]["amount"]) for when in ("before", "after")] for name, each in costs.items()}
    assert amounts == {"dev": [18.25, 36.5], "prod": [18.25, 36.5]}


def test_a_plan_carries_the_verdict(shop: Shop) -> None:
    """The same engine speaks in `plan`."""
    shop.edit(MODEL, *BAD_MODEL)
    shop.commit("Bad")
    answer = shop.run("plan", "--format", "json")
    assert answer.code == 1
    assert "baseline/owner" in answer.out


def test_secrets_are_never_printed(shop: Shop) -> None:
    """A token in a declaration is a finding that does not repeat it, in any form."""
    secret = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
    shop.edit(MODEL, ("  replicas: 1\n", f"  replicas: 1\n  env: {{API_TOKEN: {secret}}}\n"))
    forms = ("json", "sarif", "junit", "github", "gitlab", "markdown")
    answer = shop.run("check", *(part for form in forms for part in ("--output", f"{form}=../out.{form}")))
    assert answer.code == 1
    assert "literal-secret" in answer.out
    assert secret not in answer.out + answer.err + "".join(
        (shop.folder.parent / f"out.{form}").read_text() for form in forms
    )
