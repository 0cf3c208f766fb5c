"""A shop with a guarded gate: a real repository, people with real keys, and the program as a process.

Ann writes changes and may not approve. Ben and Cat approve. Pia owns the policies. Mal has a key that nobody believes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

__all__ = ["BAD_MODEL", "HOUSE", "MODEL", "PEOPLE", "VIOLATIONS", "Answer", "Shop", "build_template"]

PEOPLE = ("ann", "ben", "cat", "mal", "pia")
MODEL = "models/example/model.yaml"
WORKSPACE = """\
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
name: shop
environments:
  - name: dev
    target: {port: 8801}
  - name: prod
    target: {port: 8802}
priceBook:
  currency: USD
  rows: [{resource: cpu, price: 0.05, source: list, asOf: TODAY, includes: [memory]}]
customers: [{name: acme, segment: enterprise}, {name: brook, segment: startup}]
gateway: {trustedProxies: [127.0.0.1/32]}
principals:
  - {name: Ann, email: ann@example.com, roles: [operator]}
  - {name: Ben, email: ben@example.com, roles: [approver]}
  - {name: Cat, email: cat@example.com, roles: [approver]}
policies:
  owners: [pia@example.com]
  packs:
    baseline: {enforcement: deny, parameters: {licences: [apache-2.0]}}
  sources:
    - {path: policies}
  waivers: {never: [baseline/locked]}
  approvals: {required: 0, codeOwners: CODEOWNERS}
""".replace("TODAY", datetime.now(UTC).date().isoformat())
HOUSE = """\
# METADATA
# title: A model says what it is
# custom: {severity: low, mend: Write a description.}
package house

import rego.v1

violation contains {"msg": "no description"} if {
	input.review.object.kind == "Model"
	object.get(input.review.object.spec, "description", null) == "none"
}
"""
VIOLATIONS = {"baseline/owner", "baseline/licence", "house"}
"""What `BAD_MODEL` breaks: a pack's rule, a pack's bound, and a rule of the shop's own."""
BAD_MODEL = (
    ("owner: you@example.com", "owner: tbd"),
    ("licence: Apache-2.0", "licence: CC-BY-NC-4.0"),
    ("description: Estimates", "description: none\n#"),
)


@dataclass(frozen=True)
class Answer:
    """How the program ended, and what it told."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> dict[str, Any]:
        """The JSON on standard output."""
        found: dict[str, Any] = json.loads(self.out)
        return found

    @property
    def blocking(self) -> list[dict[str, Any]]:
        """Findings that are not waived and that block."""
        heavy = {"error", "fault", "insufficient"}
        return [each for each in self.told["findings"] if each["severity"] in heavy and not each.get("waiver")]

    @property
    def rules(self) -> set[str]:
        """Rules of what blocks; a rule of the shop's own goes by its package."""
        return {"house" if "house" in each["rule"] else each["rule"] for each in self.blocking}


@dataclass
class Shop:
    """One repository, with `main` as the target branch, and a home for the program."""

    folder: Path
    home: Path
    keys: Path
    extra: dict[str, str] = field(default_factory=dict)

    def environ(self, person: str = "ann") -> dict[str, str]:
        """What programs find around them when that person types."""
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        who = {f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER")
               for key, value in (("NAME", person.title()), ("EMAIL", f"{person}@example.com"))}  # fmt: skip
        return {"PATH": path, "HOME": str(self.home), "XDG_STATE_HOME": str(self.home / "state"), **who, **self.extra}

    def run(self, *words: str, by: str = "ann", cwd: Path | None = None, limit: float = 120) -> Answer:
        """Run the program in the repository."""
        done = subprocess.run(
            [sys.executable, "-m", "fairlead", *words], cwd=cwd or self.folder, env=self.environ(by),
            capture_output=True, text=True, check=False, timeout=limit, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return Answer(done.returncode, done.stdout, done.stderr)

    def check(self, *words: str) -> Answer:
        """`check` as JSON; it agrees with itself about the verdict."""
        answer = self.run("check", *words, "--format", "json")
        assert answer.code in {0, 1}, answer.err
        assert (answer.code == 0) == (answer.told["verdict"] == "pass") == (not answer.blocking), answer.out
        assert all(each["mend"].strip() for each in answer.told["findings"]), answer.out
        return answer

    def judge(self, base: str = "main") -> Answer:
        """What the gate says to the commit that is checked out, as a change of `base`."""
        return self.check(".", "--base", base, "--commit", "HEAD")

    def git(self, *words: str, by: str = "ann", sign: bool = False, env: dict[str, str] | None = None) -> str:
        """Run git as a person, signing commits and tags where `sign`."""
        signing = {"gpg.format": "ssh", "user.signingkey": str(self.keys / by), "commit.gpgsign": str(sign).lower()}
        options = [part for key, value in signing.items() for part in ("-c", f"{key}={value}")]
        done = subprocess.run(
            ["git", *options, *words], cwd=self.folder, env={**self.environ(by), **(env or {})},
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout.strip()

    def write(self, path: str, text: str | bytes) -> None:
        """A file of the work tree."""
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text.encode() if isinstance(text, str) else text)

    def edit(self, path: str, *edits: tuple[str, str]) -> None:
        """Replace text that must be there."""
        text = (self.folder / path).read_text()
        for old, new in edits:
            assert old in text, (path, old)
            text = text.replace(old, new)
        self.write(path, text)

    def commit(self, message: str = "Change", by: str = "ann", *, sign: bool = False) -> str:
        """Commit everything; its id."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message, by=by, sign=sign)
        return self.git("rev-parse", "HEAD")

    def settle(self, message: str = "Rules") -> None:
        """Commit a change of the rules, to which the owner of the policies agrees."""
        self.commit(message)
        done = self.approve("policies", by="pia")
        assert done.code == 0, done.err

    def branch(self, name: str = "change") -> None:
        """Begin a branch at main."""
        self.git("switch", "--quiet", "--create", name, "main")

    def approve(self, what: str, *words: str, by: str) -> Answer:
        """A person approves with their own key."""
        return self.run("approve", what, "--key", str(self.keys / by), *words, by=by)

    def copy(self, root: Path) -> Shop:
        """The same shop elsewhere, which a test may spoil."""
        shutil.copytree(self.folder, root / "shop", symlinks=True)
        (root / "home").mkdir()
        return Shop(root / "shop", root / "home", self.keys)


def build_template(root: Path) -> Shop:
    """A shop whose main branch passes: the starter's model under a guarded gate."""
    shop = Shop(root / "shop", root / "home", root / "keys")
    for folder in (shop.folder, shop.home, shop.keys):
        folder.mkdir()
    for person in PEOPLE:
        keygen = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", person, "-f", str(shop.keys / person)]
        subprocess.run(keygen, check=True, capture_output=True)
    signers = [
        f"{each}@example.com {(shop.keys / each).with_suffix('.pub').read_text()}"
        for each in ("ann", "ben", "cat", "pia")
    ]
    assert shop.run("init", ".").code == 0
    shop.git("symbolic-ref", "HEAD", "refs/heads/main")
    shop.write("fairlead.yaml", WORKSPACE)
    shop.write("policies/house.rego", HOUSE)
    shop.write("CODEOWNERS", "/infrastructure/ ben@example.com\n")
    shop.write(".fairlead/allowed_signers", "".join(signers))
    shop.commit("Begin", by="pia")
    return shop
