"""A shared repository, a person's clone of it, and a control plane that follows it: real Git throughout."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

from fairlead.declare.reader import Reader
from fairlead.declare.releases import ReleaseIndex
from fairlead.domain.lock import Lock, LockedFile, tree_digest
from fairlead.domain.lock_text import render_lock
from fairlead.domain.rollout import Arm
from fairlead.drivers.git import GitRepository
from fairlead.flows.rollouts.reverting import Cause, RevertOutcome, revert_release
from fairlead.flows.world import World
from fairlead.kernel.digests import sha256_hex
from tests.scenario.loop.scene import Scene
from tests.unit.drivers.origin import Origin

__all__ = ["CAUSE", "WORKSPACE", "Stage", "model_text"]

WORKSPACE = """\
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
name: acme
environments:
  - name: dev
    target: {port: 18781}
    soak: 1h
  - name: prod
    target: {port: 18782}
"""

CAUSE = Cause("error-rate", "error-rate is worse: 9.1 % against 1.0 %", "analysis/default#3", "17")


def model_text(
    content: str, *, owner: str = "team@example.com", environments: str = "{prod: {}}", more: str = ""
) -> str:
    """A model.yaml whose release is told apart by `content`; comments and odd spacing are a person's."""
    return f"""\
# digits, as served to shops
apiVersion: fairlead.dev/v1alpha1
kind: Model

owner:   {owner}   # who answers

description: x

serving:
  runtime: command
  command: [serve, "{{port}}", {content}]

artifact:
  uri: file:models/digits/model.bin
{more}
environments: {environments}
"""


class Stage:
    """`origin` is the person's clone; what they commit is pushed to `shared`, which the control plane follows."""

    def __init__(self, folder: Path, inside: str = "") -> None:
        self.folder = folder
        self.inside = inside
        self.origin = Origin(folder / "person")
        self.shared = folder / "shared.git"
        subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(self.shared)], check=True)
        self.origin.git("remote", "add", "origin", str(self.shared))
        (folder / "scene").mkdir()
        self.base = Scene(folder / "scene")
        self.state = self.base.state
        self.follow(str(self.shared))
        self.origin.write(self.at("fairlead.yaml"), WORKSPACE)

    def follow(self, address: str) -> World:
        """The control plane follows an address, as after its start: only the state is what it was."""
        mirror = self.folder / "state" / "mirror.git"
        repository = GitRepository(address, mirror, "main", self.inside)
        reader = Reader()
        self.world = replace(
            self.base.world, repository=repository, reader=reader, releases=ReleaseIndex(repository, reader)
        )
        return self.world

    def at(self, path: str) -> str:
        """The path from the repository's root."""
        return f"{self.inside}/{path}" if self.inside else path

    def write(self, model: str, text: str, content: str) -> None:
        """A model's declaration, artifact and lock, not committed."""
        data = content.encode()
        files = (LockedFile("model.bin", sha256_hex(data), len(data)),)
        lock = Lock(f"file:models/{model}/model.bin", tree_digest(files), files, tree_digest(files))
        self.origin.write(self.at(f"models/{model}/model.bin"), data)
        self.origin.write(self.at(f"models/{model}/model.yaml"), text.replace("digits/", f"{model}/"))
        self.origin.write(self.at(f"models/{model}/model.lock"), render_lock(lock))

    def release(self, content: str, subject: str = "", **fields: str) -> str:
        """Commit and push a release of `digits`; the commit."""
        self.write("digits", model_text(content, **fields), content)
        return self.push(subject or f"Serve {content}")

    def push(self, subject: str) -> str:
        """Commit everything and push it."""
        made = self.origin.commit(subject)
        self.origin.git("push", "-q", "origin", "HEAD:main")
        return made

    def pull(self) -> None:
        """The person takes what was pushed by others."""
        self.origin.git("pull", "-q", "--ff-only", "origin", "main")

    def arm(self, commit: str, model: str = "digits") -> Arm:
        """The release that a commit declares."""
        self.world.repository.fetch()
        head = self.world.repository.head().id
        self.world.releases.releases(head, self.world.reader.read(self.world.repository.tree(head)))
        found = self.world.releases.release(model, commit)
        assert found is not None
        return Arm(found.digest, found.name)

    def revert(self, bad: str, good: str, environment: str = "prod", cause: Cause = CAUSE) -> RevertOutcome:
        """Take back the release of one commit for that of another."""
        return self.revert_arms(self.arm(bad), self.arm(good), environment, cause)

    def revert_arms(self, bad: Arm, good: Arm, environment: str = "prod", cause: Cause = CAUSE) -> RevertOutcome:
        """The same, of releases that Git may have forgotten."""
        return revert_release(self.world, environment=environment, model="digits", bad=bad, good=good, cause=cause)

    def refuse_pushes(self, branch: str = "main", says: str = "the branch is protected") -> None:
        """The shared repository takes nothing on a branch any more."""
        hook = self.shared / "hooks/pre-receive"
        refused = f"case $ref in refs/heads/{branch}) echo '{says}'; exit 1;; esac"
        hook.write_text(f"#!/bin/sh\nwhile read old new ref; do {refused}; done\n")
        hook.chmod(0o755)

    def shown(self, commit: str, path: str) -> str:
        """A file's content in the shared repository."""
        return self.git("show", f"{commit}:{self.at(path)}")

    def git(self, *arguments: str) -> str:
        """Run git in the shared repository."""
        command = ["git", "--git-dir", str(self.shared), *arguments]
        environ = {**os.environ, "LC_ALL": "C"}
        return subprocess.run(command, check=True, capture_output=True, text=True, env=environ).stdout.strip()

    def kinds(self) -> list[str]:
        """What the journal says of reverts, oldest first."""
        return [each.draft.kind for each in self.state.records(limit=1000) if each.draft.kind.startswith("revert.")]
