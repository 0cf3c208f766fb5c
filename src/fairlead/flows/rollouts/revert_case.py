"""A revert as data: which release goes, which comes back, why, what became of it; and what is remembered of it.

What is remembered stands in the fact `revert/<environment>/<model>`, written together with its journal record.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Literal

from fairlead.domain.journal import Draft
from fairlead.domain.rollout import Arm
from fairlead.flows.incidents import CONTROL
from fairlead.flows.world import World
from fairlead.ports import Committer

__all__ = ["Case", "Cause", "Kind", "Memory", "RevertOutcome", "recall", "remember"]

Kind = Literal["pushed", "proposed", "branch", "nothing", "failed"]

_RECORDS = {"branch": "revert.proposed"}


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a release is taken back.

    The measure that condemned it ('' where none did), the verdict in plain words, where its evidence is, and the
    journal record of the decision, by which the same revert is known again.
    """

    metric: str
    message: str
    evidence: str
    journal: str


@dataclass(frozen=True, slots=True)
class RevertOutcome:
    """What became of a revert.

    `pushed`: `commit` is on the followed branch. `proposed`: it is on `branch`, with a `pull_request` (its address);
    `branch`: it is there without one; a later call asks for one where that may succeed. `nothing`: Git does not want
    the bad release any more, or a person took the branch away. `failed`: there is no such commit anywhere, and
    `explanation` says why; later calls try again.
    """

    kind: Kind
    commit: str = ""
    branch: str = ""
    pull_request: str = ""
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One revert in one environment."""

    world: World
    committer: Committer
    environment: str
    model: str
    bad: Arm
    good: Arm
    cause: Cause


@dataclass(frozen=True, slots=True)
class Memory:
    """`bad` and `bringer` (the commit that brought it) say which revert it is of; `head` is what it was made upon.

    `kind` is `committed` from the moment at which the commit is made until it is known what became of it; `why` says
    why that commit must not go to the followed branch ('' where it may).
    """

    bad: str
    bringer: str
    head: str
    kind: str
    commit: str = ""
    branch: str = ""
    pull_request: str = ""
    explanation: str = ""
    why: str = ""

    def outcome(self) -> RevertOutcome:
        """As the caller is told it; `failed` while nothing is known of it yet."""
        kinds: dict[str, Kind] = {"pushed": "pushed", "proposed": "proposed", "branch": "branch"}
        return RevertOutcome(
            kinds.get(self.kind, "failed"), self.commit, self.branch, self.pull_request, self.explanation
        )


def recall(case: Case) -> Memory | None:
    """What is remembered of the last revert of the bad release here; None where there was none."""
    text = case.world.state.fact(_key(case))
    found = Memory(**json.loads(text)) if text else None
    return found if found is not None and found.bad == case.bad.digest else None


def remember(case: Case, memory: Memory) -> None:
    """Keep it, with its record in the journal; the same thing twice is written once."""
    known = recall(case)
    if known is not None and _telling(known) == _telling(memory):
        return
    body = {
        "bad": case.bad.name,
        "good": case.good.name,
        **asdict(case.cause),
        "branch": memory.branch,
        "pullRequest": memory.pull_request,
        "explanation": memory.explanation or memory.why,
    }
    kind = _RECORDS.get(memory.kind, f"revert.{memory.kind}")
    draft = Draft(kind, CONTROL, case.environment, case.model, case.bad.digest, memory.commit, body)
    case.world.state.put_fact(_key(case), json.dumps(asdict(memory)), draft)


def _telling(memory: Memory) -> tuple[str, ...]:
    return (memory.bringer, memory.kind, memory.commit, memory.branch, memory.pull_request, memory.explanation)


def _key(case: Case) -> str:
    return f"revert/{case.environment}/{case.model}"
