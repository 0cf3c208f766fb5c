"""What somebody can agree to, as a question to the proofs in Git: one place for whoever approves and whoever judges."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fairlead.check.protection import GateRules
from fairlead.check.waiving import subject_of
from fairlead.declare.reader import MODELS, WORKSPACE_FILE
from fairlead.domain.approval import Waiver
from fairlead.drivers.git_approvals import Asked
from fairlead.flows.gate_rules import read_gate_rules
from fairlead.ports import Repository

__all__ = ["Questions"]


@dataclass(frozen=True, slots=True)
class Questions:
    """Questions about one repository.

    `digest_at(commit, model)` is the digest of the release that a commit declares, '' where it declares none.
    """

    repository: Repository
    digest_at: Callable[[str, str], str]

    def of_release(self, digest: str, model: str) -> Asked:
        """Who agreed to a release of a model."""
        paths = self.rooted([f"{MODELS}/{model}"])
        return Asked(f"release:{digest}", paths, lambda commit: self.digest_at(commit, model) == digest)

    def of_rules(self, digest: str, *of: GateRules, subject: str = "") -> Asked:
        """Who agreed to rules, which stand where those `of` some trees do; `subject` where less of them is asked."""
        places = dict.fromkeys([WORKSPACE_FILE, *(path for each in of for path in each.paths)])
        return Asked(
            subject or f"policies:{digest}",
            self.rooted(places),
            lambda commit: read_gate_rules(self.repository.tree(commit)).digest == digest,
        )

    def of_waiver(self, waiver: Waiver) -> Asked:
        """Who agreed to a waiver: this file, byte by byte."""

        def carries(commit: str) -> bool:
            found = read_gate_rules(self.repository.tree(commit)).waivers.get(waiver.path)
            return found is not None and found.digest == waiver.digest

        return Asked(subject_of(waiver), self.rooted([waiver.path]), carries)

    def before(self, asked: Asked, commit: str) -> str:
        """The newest commit before `commit` at which the subject does not stand; '' where it always has."""
        prefix = f"{self.repository.folder}/" if self.repository.folder else ""
        history = self.repository.history(commit, asked.paths[0].removeprefix(prefix))
        return next((each.id for each in history if not asked.carries(each.id)), "")

    def rooted(self, paths: Iterable[str]) -> tuple[str, ...]:
        """Paths of the workspace, from the repository's root."""
        folder = self.repository.folder
        return tuple(f"{folder}/{path}" if folder else path for path in paths)
