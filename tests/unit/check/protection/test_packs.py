"""Packs are compared as they hold in each environment, however that is written."""

from __future__ import annotations

import pytest

from fairlead.check.protection import weakenings
from tests.unit.check.protection.rules_of import FILES, rules_of

PACKS = """
  packs:
    baseline:
      rules:
        licence: {parameters: {licences: [mit, isc]}}
        image-latest: {enforcement: warn}
    finops: {enforcement: audit}
"""
DEV = "  - name: dev\n    target: {port: 8080}\n"
BEFORE = (
    ("\npolicies:\n", f"\npolicies:{PACKS}"),
    (DEV, f"{DEV}    policies: {{baseline: {{rules: {{owner: {{enforcement: warn}}}}}}}}\n"),
)


def told(*edits: tuple[str, str]) -> set[str]:
    """What edits of the workspace weaken."""
    found = weakenings(rules_of(None, *BEFORE), rules_of(None, *BEFORE, *edits))
    return {f"{each.rule}: {each.message}" for each in found}


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (("    finops: {enforcement: audit}\n", ""), "protection/pack-off: the pack `finops` is off"),
        (
            ("finops: {enforcement: audit}", "finops: {enforcement: 'off'}"),
            "protection/pack-off: the pack `finops` is off",
        ),
        (
            ("    baseline:\n", "    baseline:\n      enforcement: 'off'\n"),
            "protection/rule-off: `baseline/owner` is off",
        ),
        (
            ("image-latest: {enforcement: warn}", "image-latest: {enforcement: audit}"),
            "protection/enforcement: `baseline/image-latest` goes down from warn to audit",
        ),
        (
            ("image-latest: {enforcement: warn}", "registry: {enforcement: 'off'}"),
            "protection/rule-off: `baseline/registry` is off",
        ),
        (
            ("[mit, isc]", "[mit, isc, proprietary]"),
            "protection/parameter: `baseline/licence` takes another `licences`, which is not known to be stricter",
        ),
        (
            ("owner: {enforcement: warn}", "owner: {enforcement: 'off'}"),
            "protection/rule-off: `baseline/owner` is off in dev",
        ),
        (
            ("    region: eu-central-1\n", "    region: eu-central-1\n    policies: {baseline: {enforcement: warn}}\n"),
            "protection/enforcement: `baseline/registry` goes down from deny to warn in prod",
        ),
        (
            (
                "  - name: prod",
                "  - {name: new, target: {port: 9}, policies: {finops: {enforcement: 'off'}}}\n  - name: prod",
            ),
            "protection/rule-off: `finops/price-known` is off in new",
        ),
        (("name: dev", "name: development"), "protection/environment: environment `dev` is gone"),
    ],
)
def test_a_weaker_pack_is_seen(edit: tuple[str, str], message: str) -> None:
    """Off, lower, wider, and for one environment only."""
    assert any(each.startswith(message) for each in told(edit)), told(edit)


@pytest.mark.parametrize(
    "edit",
    [
        ("finops: {enforcement: audit}", "finops: {enforcement: deny}"),
        ("finops: {enforcement: audit}", "finops: {enforcement: audit}\n    lineage: {enforcement: audit}"),
        ("image-latest: {enforcement: warn}", "image-latest: {enforcement: deny}"),
        ("[mit, isc]", "[mit]"),
        ("{baseline: {rules: {owner: {enforcement: warn}}}}", "{}"),
        ("owner: {enforcement: warn}", "owner: {enforcement: deny}"),
    ],
)
def test_a_stricter_pack_weakens_nothing(edit: tuple[str, str]) -> None:
    """Nor does one that is new."""
    assert told(edit) == set()


def test_a_field_that_is_left_out_is_another_than_its_default() -> None:
    """An environment that states `enforcement: deny` overrides; one that leaves it out takes the workspace's."""
    stated = (
        "    finops: {enforcement: audit}\n",
        "    finops: {enforcement: audit}\n    lineage: {enforcement: warn}\n",
    )
    region = "    region: eu-central-1\n"
    before = rules_of(None, *BEFORE, stated, (region, f"{region}    policies: {{lineage: {{enforcement: deny}}}}\n"))
    after = rules_of(None, *BEFORE, stated, (region, f"{region}    policies: {{lineage: {{}}}}\n"))
    assert before.policies == after.policies
    assert before != after
    assert any("goes down from deny to warn in prod" in each.message for each in weakenings(before, after))


def test_the_sample_has_the_rules_that_the_tests_name() -> None:
    """A pack that lost a rule would make tests above prove nothing."""
    rules = {rule for rule, _ in rules_of(None, *BEFORE).packs}
    assert {"baseline/licence", "baseline/owner", "baseline/registry", "finops/price-known"} <= rules
    assert "packs" not in FILES["fairlead.yaml"]
