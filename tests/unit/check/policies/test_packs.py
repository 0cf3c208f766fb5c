"""Packs as the workspace and its environments tune them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from fairlead.check.policies.packs import Tuning, load_pack, load_packs, pack_names
from fairlead.domain.finding import Finding
from fairlead.domain.gate import PackSetting
from fairlead.domain.policy import Enforcement, Policy
from fairlead.kernel.errors import UsageError


def pack(**said: Any) -> PackSetting:  # noqa: ANN401
    """What is declared about a pack, read as fairlead.yaml is."""
    return PackSetting.model_validate(said)


def held(tuning: Tuning, rule: str) -> dict[tuple[str, ...], Policy]:
    """How a rule holds, by environments."""
    return {each.environments: each for each in load_packs(tuning).policies if each.rule.id == rule}


def test_every_pack_loads_without_a_finding() -> None:
    """Each rule has an id of its pack, words for its reader, and denies unless somebody says otherwise."""
    assert "baseline" in pack_names()
    assert "lib" not in pack_names()
    found = load_packs(Tuning({name: pack() for name in pack_names()}))
    assert found.findings == ()
    for policy in found.policies:
        assert policy.rule.id.startswith(f"{policy.source}/")
        assert policy.rule.reason
        assert policy.rule.mend
        assert policy.enforcement is Enforcement.DENY


def test_an_unknown_pack_is_refused_with_those_that_there_are() -> None:
    """Called for by name, and declared."""
    with pytest.raises(UsageError, match="baseline"):
        load_pack("basline")
    (found,) = load_packs(Tuning({"basline": pack()})).findings
    assert (found.rule, "baseline" in found.mend) == ("policy/unknown-pack", True)


def test_a_pack_is_tuned_rule_by_rule() -> None:
    """The rule's word goes before its pack's; off leaves it out."""
    tuning = Tuning(
        {
            "baseline": pack(
                enforcement="warn", rules={"owner": {"enforcement": "off"}, "locked": {"enforcement": "deny"}}
            )
        }
    )
    assert held(tuning, "baseline/owner") == {}
    assert held(tuning, "baseline/locked")[()].enforcement is Enforcement.DENY
    assert held(tuning, "baseline/licence")[()].enforcement is Enforcement.WARN


def test_an_environment_tunes_on() -> None:
    """What it says goes first; what it leaves open is as the workspace says; equal ways are one policy."""
    tuning = Tuning(
        {"baseline": pack(enforcement="warn", parameters={"licences": ["mit"]})},
        {
            "dev": {},
            "staging": {"baseline": pack(parameters={"licences": ["mit", "isc"]})},
            "prod": {"baseline": pack(enforcement="deny")},
        },
    )
    found = held(tuning, "baseline/licence")
    assert {names: (each.enforcement, each.parameters["licences"]) for names, each in found.items()} == {
        ("", "dev"): (Enforcement.WARN, ["mit"]),
        ("staging",): (Enforcement.WARN, ["mit", "isc"]),
        ("prod",): (Enforcement.DENY, ["mit"]),
    }
    assert {names: each.enforcement for names, each in held(tuning, "baseline/owner").items()} == {
        ("", "dev", "staging"): Enforcement.WARN,
        ("prod",): Enforcement.DENY,
    }


def test_a_pack_may_hold_in_one_environment_only() -> None:
    """Elsewhere it is not on."""
    tuning = Tuning({}, {"dev": {}, "prod": {"finops": pack()}})
    assert {each.environments for each in load_packs(tuning).policies} == {("prod",)}


@pytest.mark.parametrize(
    ("said", "rule", "location", "words"),
    [
        ({"rules": {"ownr": {}}}, "policy/unknown-rule", ("rules", "ownr"), "owner"),
        ({"parameters": {"licenses": []}}, "policy/unknown-parameter", ("parameters", "licenses"), "licences"),
        ({"parameters": {"licences": "mit"}}, "policy/wrong-parameter", ("parameters", "licences"), "apache-2.0"),
        (
            {"rules": {"owner": {"parameters": {"licences": []}}}},
            "policy/unknown-parameter",
            ("rules", "owner", "parameters", "licences"),
            "labels",
        ),
    ],
)
def test_a_misspelt_setting_is_a_finding_at_its_place(
    said: dict[str, Any], rule: str, location: tuple[str, ...], words: str
) -> None:
    """A setting that nothing reads, or that would leave a rule without an answer, is no setting."""
    asked: list[tuple[str | int, ...]] = []

    def locate(at: tuple[str | int, ...]) -> tuple[int, int]:
        asked.append(at)
        return 7, 3

    (found,) = load_packs(Tuning({"baseline": pack(**said)}, locate=locate)).findings
    assert isinstance(found, Finding)
    assert (found.rule, found.path, found.line, found.column) == (rule, "fairlead.yaml", 7, 3)
    assert words in found.mend
    assert asked == [("policies", "packs", "baseline", *location)]


@pytest.mark.parametrize(("given", "told"), [(Decimal("0.05"), "0.05"), ("0.05", "0.05"), (1, "1")])
def test_money_stays_exact(given: object, told: str) -> None:
    """A bound on a price reaches the rule as the digits that somebody wrote."""
    tuning = Tuning({"finops": pack(parameters={"most": given})})
    assert load_packs(tuning).findings == ()
    (policy,) = held(tuning, "finops/cost-per-thousand").values()
    assert policy.parameters["most"] == told


def test_numbers_and_lists_reach_engines_as_json() -> None:
    """What the YAML reader made of them (Decimal, tuple) is nothing that an engine knows."""
    tuning = Tuning({"baseline": pack(parameters={"cpu": Decimal("1.5"), "licences": ("mit",)})})
    assert held(tuning, "baseline/resource-ceiling")[()].parameters["cpu"] == 1.5
    assert held(tuning, "baseline/licence")[()].parameters["licences"] == ["mit"]
