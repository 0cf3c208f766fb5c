"""Policies are untrusted input: bounded, without reach, and whatever cannot be judged is `error`, which blocks."""

from __future__ import annotations

import json
import time

import pytest

from tests.e2e.gate.shop import MODEL, Shop

RECURSION = """\
package house2

import rego.v1

f(x) := f(x + 1)

violation contains {"msg": "x"} if f(1)
"""
FOREVER = """\
package house2

import rego.v1

violation contains {"msg": "x"} if {
	some a in numbers.range(1, 100000)
	some b in numbers.range(1, 100000)
	a * b == -1
}
"""


@pytest.mark.parametrize("rego", [RECURSION, FOREVER], ids=["recursion", "forever"])
def test_a_rule_that_never_ends_is_an_error(shop: Shop, rego: str) -> None:
    """Bounded in time, blocked as `error` with a mend; the other rules are still judged."""
    shop.write("policies/hostile.rego", rego)
    shop.edit(MODEL, ("  prod: {}\n", ""))  # one question is enough: each may take 5 s of processor time
    shop.settle()
    begun = time.monotonic()
    answer = shop.check()
    assert time.monotonic() - begun < 90
    assert (answer.code, answer.told["verdict"]) == (1, "error")
    assert {each["severity"] for each in answer.blocking} == {"fault"}
    assert all("hostile.rego" in each["path"] or each["model"] for each in answer.blocking)


CALLS = (
    'http.send({"method": "get", "url": "http://127.0.0.1:1/"})',
    "opa.runtime()",
    'net.lookup_ip_addr("localhost")',
    "nonsense.call(1)",
)


def test_an_unknown_or_dangerous_builtin_is_found_at_load(shop: Shop) -> None:
    """A finding with file and line for each; nothing is called, nothing passes."""
    for number, call in enumerate(CALLS):
        head = f"package more{number}\n\nimport rego.v1\n\n"
        shop.write(
            f"policies/more{number}.rego",
            f'{head}violation contains {{"msg": "x"}} if {{\n\tx := {call}\n\tx == 1\n}}\n',
        )
    shop.settle()
    places = {(each["path"], each["line"]) for each in shop.check().blocking}
    assert places >= {(f"policies/more{number}.rego", 6) for number in range(len(CALLS))}


def test_a_policy_that_does_not_parse_is_found_at_its_line(shop: Shop) -> None:
    """And blocks."""
    shop.write("policies/more.rego", "package more\n\nimport rego.v1\n\nviolation contains {\n")
    shop.settle()
    answer = shop.check()
    assert any(each["path"] == "policies/more.rego" and each["line"] >= 4 for each in answer.blocking), answer.out


def test_rego_of_both_ages_and_gatekeeper_run_unchanged(shop: Shop) -> None:
    """v0 beside v1, and a ConstraintTemplate with its constraint, whose match and parameters are honoured."""
    shop.write("gk/t.yaml", TEMPLATE)
    shop.write("gk/c.yaml", CONSTRAINT)
    shop.write(
        "deploy/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {app: x}}\nspec: {containers: []}\n"
    )
    shop.write("deploy/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: b}\n")
    folder = shop.folder.parent / "theirs"
    (shop.folder / "deploy").rename(folder)
    answer = shop.check(str(folder), "--policy", str(shop.folder / "gk"))
    found = [each for each in answer.told["findings"] if "need team" in each["message"]]
    assert [each["path"] for each in found] == ["pod.yaml"], answer.out


TEMPLATE = """\
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata: {name: needlabel}
spec:
  crd: {spec: {names: {kind: NeedLabel}, validation: {openAPIV3Schema: {type: object}}}}
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package needlabel
        violation[{"msg": msg}] {
          not input.review.object.metadata.labels[input.parameters.label]
          msg := sprintf("need %v", [input.parameters.label])
        }
"""
CONSTRAINT = """\
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: NeedLabel
metadata: {name: team}
spec:
  match: {kinds: [{apiGroups: [""], kinds: [Pod]}]}
  parameters: {label: team}
"""


SUITE = """\
apiVersion: test.gatekeeper.sh/v1alpha1
kind: Suite
tests:
  - name: labels
    template: t.yaml
    constraint: c.yaml
    cases:
      - {name: good, object: pod.yaml, assertions: [{violations: no}]}
      - {name: bad, object: bad.yaml, assertions: [{violations: 1, message: need team}]}
"""


def test_policy_test_keeps_its_contract(shop: Shop) -> None:
    """JSON exactly as promised; exit 1 where a case fails; no workspace is needed."""
    folder = shop.folder.parent / "suites"
    folder.mkdir()
    (folder / "t.yaml").write_text(TEMPLATE)
    (folder / "c.yaml").write_text(CONSTRAINT)
    (folder / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {team: x}}\n")
    (folder / "bad.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n")
    (folder / "suite.yaml").write_text(SUITE)
    (folder / "x_test.rego").write_text("package x\n\nimport rego.v1\n\ntest_sum if 1 + 1 == 2\n")
    answer = shop.run("policy", "test", ".", "--format", "json", cwd=folder)
    assert answer.code == 0, answer.out + answer.err
    told = answer.told
    assert told["summary"] == {"passed": 3, "failed": 0, "errors": 0}
    assert {frozenset(each) for each in told["cases"]} == {
        frozenset({"suite", "test", "case", "expected", "got", "pass"})
    }
    assert all(each["pass"] is True for each in told["cases"])
    (folder / "suite.yaml").write_text(SUITE.replace("violations: no", "violations: yes"))
    (folder / "x_test.rego").write_text(
        'package x\n\nimport rego.v1\n\ntest_sum if 1 + 1 == 3\n\ntest_err if to_number("x") == 1\n'
    )
    answer = shop.run("policy", "test", ".", "--format", "json", cwd=folder)
    assert answer.code == 1
    assert answer.told["summary"] == {"passed": 1, "failed": 2, "errors": 1}, json.dumps(answer.told)


def test_rules_are_listed_and_explained(shop: Shop) -> None:
    """Every rule with its enforcement; one with reason, mend and reference; an unknown one names the others."""
    listed = shop.run("policy", "list", "--format", "json")
    assert listed.code == 0
    assert "baseline/owner" in listed.out
    assert "house" in listed.out
    assert "deny" in listed.out
    explained = shop.run("policy", "explain", "baseline/owner")
    assert explained.code == 0
    assert "Name the team or e-mail address" in explained.out.replace("\n", " ")
    assert "NIST" in explained.out
    unknown = shop.run("policy", "explain", "baseline/ownr")
    assert unknown.code == 2
    assert "baseline/owner" in unknown.err
