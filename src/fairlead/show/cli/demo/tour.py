"""What the chapters share: the ground, the teller, and the ways in which both are used together."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead.kernel.errors import BrokenWorldError
from fairlead.show.cli.demo.digits import CANDIDATES, Candidate, Trained, read_trained
from fairlead.show.cli.demo.ground import Ground, Person, Ran, wait_until
from fairlead.show.cli.demo.telling import Teller
from fairlead.show.cli.demo.traffic import Report, read_report

__all__ = ["COMMITTEE", "LINEAR", "NETWORK", "SHIFTED", "SMALL", "BrokenPromiseError", "Tour"]

LINEAR, NETWORK, SMALL, SHIFTED, COMMITTEE = CANDIDATES
_TRAINING = 180.0


class BrokenPromiseError(BrokenWorldError):
    """The tour says what it saw: something that the story promises did not happen."""


@dataclass(slots=True)
class Tour:
    """One walk through the story."""

    ground: Ground
    tell: Teller

    def shown(
        self,
        *words: str,
        expect: int = 0,
        state: Path | None = None,
        by: Person | None = None,
        seen: Callable[[str], str] = str,
    ) -> Ran:
        """Tell a `fairlead` command, run it, and tell its answer, as `seen` shows it.

        BrokenPromiseError for another exit code.
        """
        place = f" --state {shlex.quote(_beside(self.ground, state))}" if state else ""
        self.tell.command(f"fairlead {shlex.join(words)}{place}")
        with self.tell.working("running"):
            ran = self.ground.fairlead(*words, state=state, by=by)
        self.tell.answer(seen(ran.text))
        if ran.code != expect:
            said = f": {ran.text}" if self.tell.quiet else ", see above"
            where = f"fairlead {shlex.join(words)}"
            raise BrokenPromiseError(f"it ended with {ran.code} instead of {expect}{said}", where=where)
        return ran

    def git(self, *words: str, by: Person) -> str:
        """Tell a `git` command and run it."""
        self.tell.command(f"git {shlex.join(words)}")
        return self.ground.git(*words, by=by)

    def commit(self, subject: str, why: str, *, by: Person, approved: Person | None = None) -> str:
        """Tell a commit of everything, and make it."""
        self.tell.command(f"git commit --all --message {shlex.quote(subject)}")
        approval = f", Approved-by: {approved.name}" if approved else ""
        self.tell.note(f"by {by.name}{approval}")
        return self.ground.commit(subject, why, by=by, approved=approved)

    def promise(self, kept: object, what: str) -> None:
        """BrokenPromiseError with `what` was seen, where it was not `kept`."""
        if not kept:
            raise BrokenPromiseError(what, where="the tour")

    def trained(self, candidate: Candidate) -> Trained:
        """A candidate's file, as soon as it is trained."""
        found: list[Trained] = []

        def is_there() -> bool:
            if trained := read_trained(self.ground.trained, candidate.name):
                found.append(trained)
            else:
                self.ground.check_alive("training")
            return bool(found)

        with self.tell.working(f"training {candidate.about} on scikit-learn's digits"):
            wait_until(is_there, _TRAINING, f"the training of {candidate.name}")
        return found[0]

    def load(self) -> Report:
        """What the customers' load counted so far."""
        self.ground.check_alive("load")
        return read_report(self.ground.load_report)

    def live(self, model: str) -> Any:
        """The fleet's row of a model."""
        rows = self.ground.asked("status")["rows"]
        found = next((row for row in rows if row["model"] == model), None)
        self.promise(found, f"{model} is not in the fleet")
        return found

    def history(self, model: str) -> list[Any]:
        """A model's releases, newest first."""
        entries: list[Any] = self.ground.asked("history", model)["history"]
        return entries

    def settle(self, expect: int = 0) -> None:
        """Wait, without a word, until the control plane has seen the newest commit and has done what it can."""
        ran = self.ground.fairlead("status", "--wait", "--timeout", "60s")
        self.promise(ran.code == expect, f"`fairlead status --wait` ended with {ran.code}: {ran.text}")


def _beside(ground: Ground, place: Path) -> str:
    """A path below the story's folder, as it is typed in the workspace."""
    return f"../{place.relative_to(ground.folder)}"
