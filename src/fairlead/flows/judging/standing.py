"""Which rules stand at a commit: those of the target branch's history, never those of a change nobody agreed to.

Rules move forward with each commit that does not weaken them, and with each weakening that the owners of the rules
before it have approved. Another weakening is refused: the rules before it stand until it is approved or taken back.
This is a function of Git alone, so a lost state folder loses nothing; `Memory` only shortens the way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from fairlead.check.protection import GateRules, Weakening, weakenings
from fairlead.domain.release import Commit
from fairlead.flows.gate_rules import read_gate_rules, rules_identity
from fairlead.kernel.errors import NotFoundError
from fairlead.ports import Repository

__all__ = ["Memory", "Stand", "Standing", "Unapproved"]

Unapproved = Callable[[tuple[Weakening, ...], "Stand", GateRules, Commit], tuple[Weakening, ...]]
"""Which of the weakenings no owner of the standing rules has proven to agree to; the commit brought the new rules."""


@dataclass(frozen=True, slots=True)
class Stand:
    """The rules that hold at `tip`, the commit that brought them (empty: none were declared), and what is refused.

    `settled` is the newest commit that has just these rules. `refused` are the weakenings of the newest rules,
    `wanted`, which `refused_at` brought and nobody who may approved.
    """

    tip: str
    commit: str
    rules: GateRules
    refused: tuple[Weakening, ...] = ()
    refused_at: str = ""
    wanted: GateRules | None = None
    settled: str = ""


@dataclass(slots=True)
class Memory:
    """The last answer. Whoever rules over a branch keeps it, so that a rewritten history starts from what stood."""

    stand: Stand | None = None


class Standing:
    """Walks the branch's first parents, oldest first, from the last known answer on."""

    def __init__(self, repository: Repository, unapproved: Unapproved, memory: Memory | None = None) -> None:
        self._repository = repository
        self._unapproved = unapproved
        self._memory = memory or Memory()
        self._read: tuple[tuple[str, ...], GateRules] | None = None

    def at(self, commit: str) -> Stand:
        """The rules that stand at a commit (full id)."""
        known = self._memory.stand
        stand = known if known is not None else Stand("", "", GateRules())
        for each in self._steps(known, commit):
            stand = self._step(stand, each)
        self._memory.stand = stand
        return stand

    def _steps(self, known: Stand | None, commit: str) -> Iterator[Commit]:
        """The commits between what is known and `commit`; the tip again while something of it is refused.

        Where the branch no longer leads to what is known (a rewritten history, parents that were swapped in a merge),
        the rules that stood are compared with those of the tip at once: history that others wrote is not asked.
        """
        if known is None or not known.tip:
            yield from reversed(list(self._repository.history(commit)))
            return
        if known.tip == commit:
            if known.refused:
                yield self._repository.commit(commit)
            return
        new: list[Commit] = []
        for each in self._repository.history(commit):
            if each.id == known.tip:
                yield from reversed(new)
                break
            new.append(each)
        else:
            yield self._repository.commit(commit)

    def _step(self, stand: Stand, commit: Commit) -> Stand:
        after = self._rules(commit)
        if after == stand.rules:
            return Stand(commit.id, stand.commit, stand.rules, settled=commit.id)
        weak = tuple(weakenings(stand.rules, after))
        # Its author may not approve it, whoever commits something else after it.
        brought = self._repository.commit(stand.refused_at) if stand.wanted == after else commit
        refused = self._unapproved(weak, stand, after, brought) if weak else ()
        if refused:
            return replace(stand, tip=commit.id, refused=refused, refused_at=brought.id, wanted=after)
        return Stand(commit.id, commit.id, after, settled=commit.id)

    def _rules(self, commit: Commit) -> GateRules:
        """Rules of a commit, read again only where something of them has another object id."""
        try:
            tree = self._repository.tree(commit.id)
        except NotFoundError:
            return GateRules()
        if self._read is not None:
            known = rules_identity(tree, self._read[1])
            if known == self._read[0]:
                return self._read[1]
        rules = read_gate_rules(tree)
        self._read = (rules_identity(tree, rules), rules)
        return rules
