"""The steps of an allocation put together: what an engine is asked, one part of the bills after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, Any

from fairlead.domain.allocation import AllocationRule
from fairlead.domain.ledger import Charge, Part
from fairlead.kernel.errors import UsageError
from fairlead.meter.allocation.classify import classified
from fairlead.meter.allocation.columns import AMOUNTS
from fairlead.meter.allocation.lines import lines_of, summed_shares
from fairlead.meter.allocation.members import members, placed
from fairlead.meter.allocation.overhead import overhead_shares, overheads, parties, unshared
from fairlead.meter.allocation.pools import BUCKET, LINE, direct, numbered, pooled
from fairlead.meter.allocation.spans import Grain, span_of
from fairlead.meter.allocation.split import shares, unmeasured
from fairlead.meter.allocation.use import between, check_windows, counted, windows
from fairlead.meter.allocation.weighing import WHOLE_LIMIT, weighings
from fairlead.ports import LedgerEngine

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["Allocator", "PartLines", "Pools"]


@dataclass(frozen=True, slots=True)
class Pools:
    """Rows of a part that are split by use, and who used what. Both are kept by the engine while this lives.

    `since` and `until` are the seconds that their use is from.
    """

    pools: ir.Table
    members: ir.Table
    since: int
    until: int


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
        rows = classified(bills, self.rules)
        sums = direct(rows, self.rules)
        has_overheads = any(rule.overhead for rule in self.rules)
        if has_overheads:
            sums = self.engine.hold(sums)
        pools = self.pools(rows, usage)
        questions = [sums.filter(sums.charge != Charge.SHARED.value) if has_overheads else sums]
        if pools:
            questions.append(summed_shares(self.shares(pools)))
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
        pools = self.engine.hold(numbered(pooled(rows, self.rules)))
        survey = self._survey(pools)
        if not survey:
            return None
        found = reduce(lambda left, right: left.union(right), self._members(pools, usage, survey))
        kept = self.engine.hold(placed(found))
        self._check_wholes(kept, BUCKET)
        return Pools(pools, kept, min(each["since"] for each in survey), max(each["until"] for each in survey))

    def shares(self, pools: Pools) -> ir.Table:
        """Each pool's parts; see `split.shares`."""
        return shares(self.engine, pools.pools, pools.members, self.rules)

    def _survey(self, pools: ir.Table) -> list[dict[str, Any]]:
        """Which weighings are asked for by which grains, and of what time."""
        grained = pools.mutate(grain=span_of(pools.bucket_from, pools.bucket_until))
        question = grained.group_by("weighing", "grain").agg(
            since=grained.bucket_from.min(),
            until=grained.bucket_until.max(),
            shortest=(grained.bucket_until - grained.bucket_from).min(),
        )
        return sorted(self.engine.rows(question), key=lambda row: (row["weighing"], row["grain"]))

    def _members(self, pools: ir.Table, usage: ir.Table, survey: Sequence[Mapping[str, Any]]) -> Iterator[ir.Table]:
        order = weighings(self.rules)
        for each in survey:
            place, grain = int(each["weighing"]), Grain(each["grain"])
            use = between(counted(usage, order[place]), each["since"], each["until"])
            roles = {str(row["role"]): int(row["longest"]) for row in self.engine.rows(windows(use))}
            check_windows(max(roles.values(), default=0), int(each["shortest"]), order[place])
            asked = pools.filter(pools.weighing == place, span_of(pools.bucket_from, pools.bucket_until) == grain.value)
            buckets = asked.select(*BUCKET[1:]).distinct() if grain is Grain.OWN else None
            yield members(self.engine, use, order[place], place, grain, roles, buckets)

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
