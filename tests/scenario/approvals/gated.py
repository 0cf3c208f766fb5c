"""A workspace whose gate has everything on, in a real repository: what the tests of bypasses begin with."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from fairlead.domain.finding import Finding, Verdict
from fairlead.domain.report import CheckReport
from fairlead.flows.check import check
from tests.scenario.approvals.people import Person, Shared

__all__ = ["Gated", "begin_gated"]

WORKSPACE = """\
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
name: shop
environments:
  - name: dev
    target: {port: 8801}
  - name: prod
    target: {port: 8802}
principals:
  - {name: Alice, email: alice@example.com, roles: [operator]}
  - {name: Bob, email: bob@example.com, roles: [approver]}
  - {name: Carol, email: carol@example.com, roles: [approver]}
policies:
  owners: [olga@example.com]
  packs:
    baseline:
      rules:
        licence: {enforcement: warn, parameters: {licences: [mit, apache-2.0]}}
  sources:
    - {path: policies}
  waivers: {never: [baseline/locked]}
  approvals: {required: 0, codeOwners: CODEOWNERS}
"""
REGO = """\
package shop.names

import rego.v1

violation contains {"msg": "the model is called after a person"} if startswith(input.review.object.metadata.name, "bob")
"""
WAIVER = """\
apiVersion: fairlead.dev/v1alpha1
kind: Waiver
rule: {rule}
scope: {{models: [example]}}
reason: The owner is being looked for.
expires: {expires}
requestedBy: alice@example.com
approvedBy: bob@example.com
"""


class Gated(Shared):
    """The repository; `main` is what holds, and changes are tried on the branch `change`."""

    def edit(self, path: str, old: str, new: str) -> None:
        """Replace text in a file."""
        text = (self.folder / path).read_text()
        assert old in text, f"{path} has no {old!r}"
        self.write(path, text.replace(old, new))

    def change(self, person: Person, message: str = "Change", *, sign: bool = False) -> str:
        """Commit everything on the branch of changes."""
        if self.git("branch", "--show-current") != "change":
            self.git("switch", "--quiet", "--create", "change")
        return self.commit_by(person, message, sign=sign)

    def check(self, base: str = "main") -> CheckReport:
        """What the gate says to the branch."""
        return check(self.folder, base=base, commit="HEAD")

    def blocked_by(self) -> set[str]:
        """The rules that block the branch; the verdict agrees with them."""
        report = self.check()
        found: list[Finding] = [each for each in report.findings if each.blocks]
        assert (report.verdict is Verdict.PASS) == (not found), report
        return {each.rule for each in found}

    def approve(self, person: Person, wanted: str, *more: str) -> subprocess.CompletedProcess[str]:
        """A person runs `fairlead approve` in this repository."""
        environ = {
            **os.environ,
            "HOME": str(self.folder.parent / "home"),
            "GIT_COMMITTER_NAME": person.name,
            "GIT_COMMITTER_EMAIL": person.mail,
        }
        words = [sys.executable, "-m", "fairlead", "approve", wanted, "--key", str(person.key), *more]
        return subprocess.run(words, cwd=self.folder, env=environ, capture_output=True, text=True, check=False)


def begin_gated(folder: Path, starter: Path, signers: str) -> Gated:
    """The workspace with the model of the starter, its lock, and keys of those who approve."""
    gated = Gated(folder)
    gated.write("fairlead.yaml", WORKSPACE)
    gated.write("policies/names.rego", REGO)
    gated.write("CODEOWNERS", "/infrastructure/ bob@example.com\n")
    gated.write(".fairlead/allowed_signers", signers)
    for path in sorted((starter / "models").rglob("*")):
        if path.is_file():
            gated.write(str(path.relative_to(starter)), path.read_bytes())
    gated.edit("models/example/model.yaml", "kind: Model\n", "kind: Model\nrisk: {class: high, duties: [fairness]}\n")
    gated.commit("Begin")
    return gated
