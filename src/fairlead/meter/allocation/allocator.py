"""The steps of an allocation put together: what an engine is asked, one part of the bills after the other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any

from fairlead.domain.allocation import AllocationRule
from fairlead.domain.ledger import Charge, Part
from fairlead.kernel.errors import UsageError
from fairlead.meter.allocation.classify import classified
from fairlead.meter.allocation.columns import AMOUNTS
from fairlead.meter.allocation.condense import condensed
from fairlead.meter.allocation.lines import lines_of, summed_shares
from fairlead.meter.allocation.members import Use, consumers, members, used
from fairlead.meter.allocation.overhead import overhead_shares, overheads, parties, unshared
from fairlead.meter.allocation.pools import BUCKET, LINE, SPAN, buckets, direct, numbered, pooled
from fairlead.meter.allocation.spans import Grain, span_of
from fairlead.meter.allocation.split import Pools, line_shares, shares, unmeasured
from fairlead.meter.allocation.use import between, check_windows, counted, windows
from fairlead.meter.allocation.weighing import WHOLE_LIMIT, weighings
from fairlead.ports import LedgerEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["Allocator", "PartLines", "Pools"]


@dataclass(frozen=True, slots=True)
class PartLines:
    """What a part's lines are computed by, overheads apart: these wait for the other parts of the period.

    `since` and `until` are the seconds that the use is from, None where nothing is divided by use.
    """

    part: Part
    questions: tuple[ir.Table, ...]
    overheads: ir.Table | None
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Allocator:
    """Allocates by these rules. `owners` gives the team of each model where nothing else names one."""

    engine: LedgerEngine
    rules: Sequence[AllocationRule]
    owners: Mapping[str, str] = field(default_factory=dict)

    def part_lines(self, part: Part, bills: ir.Table, usage: ir.Table) -> PartLines:
        """The part's lines but for overheads. `bills` are its rows, `usage` all use of any time.

        UsageError where use is too much, or measured too coarsely, for a rule to divide by it.
        """
        alike = condensed(bills, self.rules, part)
        if any(rule.split for rule in self.rules):
            alike = self.engine.hold(alike)
        rows = classified(alike, self.rules)
        sums = direct(rows, self.rules)
        has_overheads = any(rule.overhead for rule in self.rules)
        if has_overheads:
            sums = self.engine.hold(sums)
        pools = self.pools(rows, usage)
        questions = [sums.filter(sums.charge != Charge.SHARED.value) if has_overheads else sums]
        if pools:
            questions.append(summed_shares(line_shares(self.engine, pools, self.rules)))
            questions.append(unmeasured(pools.pools, pools.members).select(*LINE, *AMOUNTS))
        lines = tuple(self._lines(question, part) for question in questions)
        shared = overheads(sums) if has_overheads else None
        return PartLines(part, lines, shared, pools.since if pools else None, pools.until if pools else None)

    def overhead_lines(self, own: PartLines, lines: ir.Table) -> tuple[ir.Table, ...]:
        """The part's overheads, shared by those who have lines of their own among `lines`, all of the period."""
        if own.overheads is None:
            return ()
        direct_lines = self.without_overheads(lines)
        sharing = self.engine.hold(parties(self.engine, own.overheads, direct_lines, self.rules))
        self._check_wholes(sharing, ("rule",))
        pools = self.engine.hold(numbered(own.overheads))
        shared = summed_shares(overhead_shares(self.engine, pools, sharing, self.rules))
        left = unshared(pools, sharing)
        return tuple(self._lines(question.select(*LINE, *AMOUNTS), own.part) for question in (shared, left))

    def without_overheads(self, lines: ir.Table) -> ir.Table:
        """Lines that no rule of overhead made: what an overhead is shared by."""
        names = [rule.name for rule in self.rules if rule.overhead]
        return lines.filter(~lines.rule.isin(names)) if names else lines

    def pools(self, rows: ir.Table, usage: ir.Table) -> Pools | None:
        """Classified rows that a rule splits, and who used what; None where there are none."""
        if not any(rule.split for rule in self.rules):
            return None
        sums = self.engine.hold(pooled(rows, self.rules))
        spans = self.engine.hold(buckets(sums))
        survey = self._survey(spans)
        if not survey:
            return None
        pools = self.engine.hold(numbered(sums.join(spans, list(BUCKET))))
        uses = [self._use(each, usage, spans) for each in survey]
        found = [self.engine.hold(used(self.engine, use)) for use in uses]
        places = self.engine.hold(consumers(found))
        each = (members(self.engine, use, one, places) for use, one in zip(uses, found, strict=True))
        kept = self.engine.hold(reduce(lambda left, right: left.union(right), each))
        self._check_wholes(kept.join(spans, SPAN), BUCKET)
        since, until = min(each["since"] for each in survey), max(each["until"] for each in survey)
        return Pools(pools, kept, places, since, until)

    def shares(self, pools: Pools) -> ir.Table:
        """Each pool's parts; see `split.shares`."""
        return shares(self.engine, pools, self.rules)

    def _survey(self, spans: ir.Table) -> list[dict[str, Any]]:
        """Which weighings are asked for by which grains, and of what time."""
        grained = spans.mutate(grain=span_of(spans.bucket_from, spans.bucket_until))
        question = grained.group_by("weighing", "grain").agg(
            since=grained.bucket_from.min(),
            until=grained.bucket_until.max(),
            shortest=(grained.bucket_until - grained.bucket_from).min(),
        )
        return sorted(self.engine.rows(question), key=lambda row: (row["weighing"], row["grain"]))

    def _use(self, asked: Mapping[str, Any], usage: ir.Table, spans: ir.Table) -> Use:
        place, grain = int(asked["weighing"]), Grain(asked["grain"])
        weighing = weighings(self.rules)[place]
        rows = between(counted(usage, weighing), asked["since"], asked["until"])
        roles = {str(row["role"]): int(row["longest"]) for row in self.engine.rows(windows(rows))}
        check_windows(max(roles.values(), default=0), int(asked["shortest"]), weighing)
        own = spans.filter(spans.weighing == place, span_of(spans.bucket_from, spans.bucket_until) == grain.value)
        return Use(rows, weighing, frozenset(roles), grain, own)

    def _check_wholes(self, table: ir.Table, names: Sequence[str]) -> None:
        """UsageError where weights sum to more than engines can multiply exactly."""
        worst = table.order_by(table.whole.desc()).limit(1).select(*names, "whole")
        for row in self.engine.rows(worst):
            if row["whole"] >= WHOLE_LIMIT:
                where = ", ".join(f"{name} {row[name]}" for name in names)
                raise UsageError(
                    f"weights sum to {row['whole']}, of {WHOLE_LIMIT} that can be divided exactly ({where})",
                    where="allocation",
                    mend="use fewer decimals in the rule's weights, or split per hour or day",
                )

    def _lines(self, sums: ir.Table, part: Part) -> ir.Table:
        return lines_of(sums, part, self.rules, self.owners)
