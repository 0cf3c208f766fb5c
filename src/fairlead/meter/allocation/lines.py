"""Last step: what was divided becomes lines, named so that the same line has the same name whenever it is computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from fairlead.domain.allocation import AllocationRule
from fairlead.domain.ledger import Part
from fairlead.domain.ledger_tables import LINE_COLUMNS
from fairlead.meter.allocation.classify import fixed_consumer
from fairlead.meter.allocation.columns import AMOUNTS, CONSUMER, KEPT
from fairlead.meter.allocation.methods import method_of
from fairlead.meter.allocation.pools import LINE
from fairlead.meter.allocation.spans import moment
from fairlead.meter.allocation.units import amount_of, sum_of

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["UNOWNED", "lines_of", "named_consumer", "summed_shares"]

UNOWNED = "unowned"
_SEPARATOR = "\x1f"


def summed_shares(shares: ir.Table, apart: Sequence[str] = ()) -> ir.Table:
    """Shares of all buckets of a line, added up and back in amounts: columns of LINE, those kept `apart`, amounts."""
    sums = {name: sum_of(shares[name]) for name in AMOUNTS}
    lines = shares.group_by([*LINE, *apart]).agg(**sums)
    return lines.mutate(**{name: amount_of(lines[name]) for name in AMOUNTS})


def lines_of(
    sums: ir.Table, part: Part, rules: Sequence[AllocationRule], owners: Mapping[str, str], apart: Sequence[str] = ()
) -> ir.Table:
    """Lines in the columns of the table `lines`, from sums with the columns of LINE and amounts.

    Where sums are kept `apart` by more columns, so are the pieces of a line, all under its name.

    `owners` gives the team of a model that names none. Two sums of one line (constants of a rule may say what
    another row's tag says) are added up.
    """
    named = named_consumer(sums, rules, owners)
    written = named.mutate(
        charge_start=moment(named.line_from),
        charge_end=moment(named.line_until),
        owner=(named.team == "").ifelse(UNOWNED, named.team),
        method=method_of(named, rules),
        rule=_rule_name(named, rules),
    )
    keys = [*(name for name in LINE_COLUMNS if name not in {"line", *AMOUNTS}), *apart]
    added = written.group_by([*keys, "line_from", "line_until"]).agg(**{name: written[name].sum() for name in AMOUNTS})
    return added.mutate(line=_digest(added, part)).select(*LINE_COLUMNS, *apart)


def named_consumer(table: ir.Table, rules: Sequence[AllocationRule], owners: Mapping[str, str]) -> ir.Table:
    """With what the rule says of the consumer where nothing else does, and then with the team of its model."""
    table = fixed_consumer(table, rules)
    if not owners:
        return table
    team = table.model.cases(*sorted(owners.items()), else_="")
    return table.mutate(team=(table.team == "").ifelse(team, table.team))


def _rule_name(table: ir.Table, rules: Sequence[AllocationRule]) -> ir.StringValue:
    import ibis

    names = [(place, rule.name) for place, rule in enumerate(rules, 1)]
    return table.rule.cases(*names, else_="") if names else ibis.literal("")


def _digest(table: ir.Table, part: Part) -> ir.StringValue:
    """sha256 of the part and of all columns but the amounts, moments in seconds."""
    import ibis

    own = ibis.literal(_SEPARATOR.join([part.source, part.period, part.adjusts]))
    names = ["charge", *CONSUMER, *KEPT, "rule", "method"]
    values = [own, table.line_from.cast("string"), table.line_until.cast("string"), *(table[name] for name in names)]
    return reduce(lambda left, right: left.concat(_SEPARATOR, right), values).hexdigest("sha256")
