"""Step 1 of an allocation: which rule a bill row belongs to, what it pays for, and what its text says of who pays.

Rules are compiled to one CASE: an engine asks the next rule only for rows that none before it took.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import reduce
from operator import and_
from typing import TYPE_CHECKING

from fairlead.domain.allocation import AllocationRule, Match
from fairlead.domain.ledger import Charge
from fairlead.domain.ledger_tables import ROW_COLUMNS
from fairlead.meter.allocation.columns import AMOUNTS, CONSUMER, text_of
from fairlead.meter.allocation.patterns import fits

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = [
    "charged_span",
    "classified",
    "columns_read",
    "fixed_consumer",
    "matches",
    "tag_column",
    "tag_of",
    "tags_read",
    "unknown",
]

_STATUS = "CommitmentDiscountStatus"
_TEMPLATE = re.compile(r"\{(tag|column):([^{}]+)\}")
_KEPT_FROM = (
    *("ResourceId", "ServiceName", "SubAccountId", "BillingAccountId", "RegionId", "SkuPriceId", "BillingCurrency"),
    *("x_namespace", "x_pod"),
)
_NAMESPACE_TAGS = ("namespace", "aws:eks:namespace", "k8s-namespace", "kubernetes_namespace")
_POD_TAGS = ("pod", "aws:eks:pod", "k8s-pod", "kubernetes_pod")


def classified(bills: ir.Table, rules: Sequence[AllocationRule]) -> ir.Table:
    """Bill rows with `rule` (place of its rule from 1, 0 for none), `charge`, kept columns, consumer and amounts.

    The consumer's columns hold what templates find in the row; constants of rules are filled in after rows were added
    up (`fixed_consumer`). `unknown` counts, one bit each, the amounts that the row does not tell.
    """
    rule = _rule(bills, rules)
    with_rule = bills.mutate(rule=rule)
    start, end = charged_span(with_rule)
    amounts = {name: _amount(with_rule, column) for name, column in AMOUNTS.items()}
    return with_rule.select(
        "rule",
        *(name for name in ROW_COLUMNS if name in bills.columns),
        charge=_charge(with_rule, rules),
        charged_from=start,
        charged_until=end,
        resource=text_of(with_rule, "ResourceId"),
        service=text_of(with_rule, "ServiceName"),
        account=text_of(with_rule, "SubAccountId", "BillingAccountId"),
        region=text_of(with_rule, "RegionId"),
        price=text_of(with_rule, "SkuPriceId"),
        currency=text_of(with_rule, "BillingCurrency"),
        unknown=unknown(amounts.values()),
        **{name: _templated(with_rule, rules, name) for name in CONSUMER},
        **amounts,
    )


def fixed_consumer(table: ir.Table, rules: Sequence[AllocationRule]) -> ir.Table:
    """The consumer's columns, filled in from `rule` where the rule names a constant and the column says nothing.

    What is not allocated has no consumer.
    """
    charged = table.charge != Charge.UNALLOCATED.value
    changes = {}
    for name in CONSUMER:
        constants = [
            (place, value)
            for place, rule in enumerate(rules, 1)
            if (value := getattr(rule.assign, name)) and not _TEMPLATE.search(value)
        ]
        if constants:
            own = table[name]
            constant = table.rule.cases(*constants, else_=own)
            changes[name] = ((own == "") & charged).ifelse(constant, own)
    return table.mutate(**changes) if changes else table


def columns_read(rules: Sequence[AllocationRule]) -> list[str]:
    """Columns of a bill that decide what becomes of a row, costs, tags and its span apart."""
    own = ["source", "period", "ChargeCategory", _STATUS, "CommitmentDiscountId", *_KEPT_FROM]
    matched = (name for rule in rules for name in rule.match.columns)
    return [*dict.fromkeys([*own, *matched, *_templates(rules, "column")])]


def tags_read(rules: Sequence[AllocationRule]) -> list[str]:
    """Tags that decide what becomes of a row."""
    matched = [name for rule in rules for name in rule.match.tags]
    matched += _NAMESPACE_TAGS if any(rule.match.namespace for rule in rules) else ()
    matched += _POD_TAGS if any(rule.match.pod for rule in rules) else ()
    return [*dict.fromkeys([*matched, *_templates(rules, "tag")])]


def _templates(rules: Sequence[AllocationRule], kind: str) -> list[str]:
    values = (getattr(rule.assign, name) for rule in rules for name in CONSUMER)
    return [found[2] for value in values for found in _TEMPLATE.finditer(value) if found[1] == kind]


def _rule(bills: ir.Table, rules: Sequence[AllocationRule]) -> ir.IntegerValue:
    import ibis

    if not rules:
        return ibis.literal(0, "int16")
    branches = [(matches(bills, rule), ibis.literal(place, "int16")) for place, rule in enumerate(rules, 1)]
    return ibis.cases(*branches, else_=ibis.literal(0, "int16"))


def matches(bills: ir.Table, rule: AllocationRule) -> ir.BooleanValue:
    """All that is given must hold. Nobody used an unused commitment: it is split only where the rule names it."""
    match = rule.match
    conditions = [_category(bills).isin(match.charge), *_conditions(bills, match)]
    if (rule.split or rule.overhead) and _STATUS not in match.columns:
        conditions.append(text_of(bills, _STATUS) != "Unused")
    return reduce(and_, conditions)


def _conditions(bills: ir.Table, match: Match) -> list[ir.BooleanValue]:
    places = {
        "source": ("source",),
        "resource": ("ResourceId",),
        "account": ("SubAccountId", "BillingAccountId"),
        "service": ("ServiceName",),
        "region": ("RegionId",),
    }
    named = [(text_of(bills, *columns), getattr(match, name)) for name, columns in places.items()]
    named += [(_kubernetes(bills, "x_namespace", _NAMESPACE_TAGS), match.namespace)] if match.namespace else []
    named += [(_kubernetes(bills, "x_pod", _POD_TAGS), match.pod)] if match.pod else []
    named += [(tag_of(bills, key), patterns) for key, patterns in match.tags.items()]
    named += [(text_of(bills, column), patterns) for column, patterns in match.columns.items()]
    return [fits(value, patterns) for value, patterns in named if patterns]


def _category(bills: ir.Table) -> ir.StringValue:
    """A row that does not say what it charges is taken for usage."""
    category = text_of(bills, "ChargeCategory")
    return (category == "").ifelse("Usage", category)


def tag_column(key: str) -> str:
    """Column of rows that were added up, in which they keep this tag. Engines differ in the names that they bear."""
    return f"tag_{key.encode().hex()}"


def tag_of(bills: ir.Table, key: str) -> ir.StringValue:
    """The tag's value, '' where the row has none."""
    import ibis

    if tag_column(key) in bills.columns:
        return bills[tag_column(key)]
    if "Tags" not in bills.columns:
        return ibis.literal("")
    return ibis.coalesce(bills.Tags.get(key, ""), "")


def _kubernetes(bills: ir.Table, column: str, tags: Sequence[str]) -> ir.StringValue:
    """Where exports of Kubernetes costs say it: a column of ours, or the tag of EKS, GKE or OpenCost."""
    import ibis

    found = [text_of(bills, column), *(tag_of(bills, key) for key in tags)]
    return ibis.coalesce(*(value.nullif("") for value in found), "")


def _charge(bills: ir.Table, rules: Sequence[AllocationRule]) -> ir.StringValue:
    """What the row pays for. The part of a commitment that nobody used stays apart, unless its rule names it."""
    import ibis

    def of(rule: AllocationRule) -> bool:
        return rule.split is None and rule.overhead is None and _STATUS not in rule.match.columns

    keeping = [place for place, rule in enumerate(rules, 1) if of(rule)]
    shared = [place for place, rule in enumerate(rules, 1) if rule.overhead]
    unused = text_of(bills, _STATUS) == "Unused"
    category = _category(bills)
    bought = (category == "Purchase") & (text_of(bills, "CommitmentDiscountId") != "")
    return ibis.cases(
        (unused & bills.rule.isin([0, *keeping]), Charge.UNUSED.value),
        (bills.rule.isin(shared) if shared else ibis.literal(value=False), Charge.SHARED.value),
        (bills.rule > 0, Charge.USED.value),
        (category == "Tax", Charge.TAX.value),
        (category == "Credit", Charge.CREDIT.value),
        (bought, Charge.COMMITMENT.value),
        else_=Charge.UNALLOCATED.value,
    )


def _templated(bills: ir.Table, rules: Sequence[AllocationRule], name: str) -> ir.StringValue:
    import ibis

    branches = [
        (place, _filled(bills, value))
        for place, rule in enumerate(rules, 1)
        if _TEMPLATE.search(value := getattr(rule.assign, name))
    ]
    return bills.rule.cases(*branches, else_=ibis.literal("")) if branches else ibis.literal("")


def _filled(bills: ir.Table, template: str) -> ir.StringValue:
    """The template with what the row says in the place of each `{tag:KEY}` and `{column:NAME}`.

    Nothing where the row does not say one of them: half a name is nobody's.
    """
    import ibis

    pieces: list[ir.StringValue] = []
    told: list[ir.StringValue] = []
    past = 0
    for found in _TEMPLATE.finditer(template):
        told.append(tag_of(bills, found[2]) if found[1] == "tag" else text_of(bills, found[2]))
        pieces += (ibis.literal(template[past : found.start()]), told[-1])
        past = found.end()
    whole = reduce(lambda left, right: left.concat(right), [*pieces, ibis.literal(template[past:])])
    return reduce(and_, (value != "" for value in told)).ifelse(whole, "")


def charged_span(bills: ir.Table) -> tuple[ir.TimestampValue, ir.TimestampValue]:
    """From when until when a row is charged: its own span, else its billing period."""
    start = _moment(bills, "ChargePeriodStart", "BillingPeriodStart")
    return start, _moment(bills, "ChargePeriodEnd", "BillingPeriodEnd")


def _moment(bills: ir.Table, *names: str) -> ir.TimestampValue:
    """The first of these that the row tells, else the first day of its billing period."""
    import ibis

    told = [bills[name] for name in names if name in bills.columns]
    return ibis.coalesce(*told, bills.period.cast("timestamp('UTC')"))


def _amount(bills: ir.Table, column: str) -> ir.DecimalValue:
    import ibis

    return bills[column] if column in bills.columns else ibis.null("decimal(38,24)")


def unknown(amounts: Iterable[ir.DecimalValue]) -> ir.IntegerValue:
    """One bit for each amount that a row does not tell."""
    bits = [amount.isnull().cast("int16") * 2**place for place, amount in enumerate(amounts)]
    return reduce(lambda left, right: left + right, bits)
