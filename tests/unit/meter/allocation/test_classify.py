"""A bill row belongs to the first rule that matches it; what no rule takes says what it is."""

from __future__ import annotations

from fairlead.domain.ledger import Charge
from tests.unit.meter.allocation.conftest import Allocate
from tests.unit.meter.allocation.rows import bill


def test_patterns_stand_for_what_they_say(allocate: Allocate) -> None:
    """`*` any text, `?` a letter, and what other tools take for a wildcard stands for itself."""
    names = ("a%b", "axb", "a.b", "A.b", "a[b]", "a_c", "abc", "a\\d", "", None)
    bills = [bill(ResourceId=name, source_row=place) for place, name in enumerate(names)]
    expected: dict[str, set[str | None]] = {
        "a%*": {"a%b"}, "a?b": {"a%b", "axb", "a.b"}, "*.b": {"a.b", "A.b"}, "a[b]": {"a[b]"}, "a_?": {"a_c"},
        "a\\*": {"a\\d"}, "*": {*names} - {"", None}, "": {"", None},
    }  # fmt: skip
    for pattern, fitting in expected.items():
        rules = [{"name": "r", "match": {"resource": [pattern]}, "assign": {"team": "{column:ResourceId}"}}]
        lines = allocate(rules, bills)
        assert {line["resource"] for line in lines if line["rule"]} == {name or "" for name in fitting}, pattern


def test_the_first_rule_that_matches_has_the_row(allocate: Allocate) -> None:
    """All that a rule gives must hold; templates say what the row says, and nothing where it does not say a part."""
    rules = [
        {"name": "both", "match": {"service": ["GPU"], "tags": {"team": ["core"]}}, "assign": {"team": "first"}},
        {
            "name": "tag",
            "match": {"tags": {"team": ["*"]}},
            "assign": {"team": "{tag:team}-{column:RegionId}", "customer": "c-{tag:team}-{tag:none}"},
        },
        {"name": "rest", "assign": {"customer": "all"}},
    ]
    rows = [bill(Tags=[("team", team)], RegionId="r1") for team in ("core", "search")] + [bill(Tags=None)]
    lines = allocate(rules, rows)
    assert {(line["rule"], line["team"], line["customer"], line["owner"]) for line in lines} == {
        ("both", "first", "", "first"),
        ("tag", "search-r1", "", "search-r1"),
        ("rest", "", "all", "unowned"),
    }


def test_kubernetes_rows_are_matched_by_namespace_and_pod(allocate: Allocate) -> None:
    """Where EKS and GKE write it."""
    rules = [{"name": "k8s", "match": {"namespace": ["ml-*"], "pod": ["serve-?"]}, "assign": {"team": "ml"}}]
    rows = [
        bill(Tags=[("aws:eks:namespace", "ml-prod"), ("pod", "serve-1")], ResourceId="a"),
        bill(Tags=[("k8s-namespace", "ml-dev"), ("k8s-pod", "serve-2")], ResourceId="b"),
        bill(Tags=[("namespace", "web"), ("pod", "serve-1")], ResourceId="c"),
    ]
    assert {(line["resource"], line["rule"]) for line in allocate(rules, rows)} == {
        ("a", "k8s"),
        ("b", "k8s"),
        ("c", ""),
    }


def test_tax_credits_and_purchases_match_only_where_named(allocate: Allocate) -> None:
    """A rule for all usage leaves them what they are."""
    rows = [
        bill(ChargeCategory="Tax"), bill(ChargeCategory="Credit"), bill(ChargeCategory="Adjustment"),
        bill(ChargeCategory="Purchase", CommitmentDiscountId="plan"), bill(ChargeCategory="Purchase"),
        bill(CommitmentDiscountStatus="Unused"), bill(ChargeCategory=None),
    ]  # fmt: skip
    found = {line["charge"] for line in allocate([], rows)}
    assert (
        found == {"tax", "credit", "commitment", "unallocated", "unused-commitment"} <= {each.value for each in Charge}
    )
    team = {"name": "team", "assign": {"team": "core"}}
    lines = allocate([team], rows)
    assert {(line["charge"], line["team"]) for line in lines if line["rule"]} == {
        ("used", "core"),
        ("unused-commitment", "core"),
    }
    (named,) = allocate([{**team, "match": {"charge": ["Tax"]}}], rows[:1])
    assert (named["charge"], named["team"]) == ("used", "core")


def test_a_bill_without_most_columns_is_allocated(allocate: Allocate) -> None:
    """What is absent matches nothing, and its cost is not known rather than zero."""
    without = ("Tags", "RegionId", "SkuPriceId", "CommitmentDiscountStatus", "CommitmentDiscountId", "ContractedCost")
    rules = [{"name": "tag", "match": {"tags": {"team": ["*"]}}}, {"name": "region", "match": {"region": ["*"]}}]
    (line,) = allocate(rules, [bill("2")], without=without)
    assert (line["charge"], line["contracted"], line["listed"]) == ("unallocated", None, 2)
    assert line["method"] == "no rule; not in the bill: contracted"
