"""A real Git repository and a machine in memory: a test commits, time passes, and it says what must be so."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from fairlead.declare.reader import Reader
from fairlead.declare.releases import ReleaseIndex
from fairlead.deliver.targets.local import LocalTarget
from fairlead.domain.lock import Lock, LockedFile, tree_digest
from fairlead.domain.lock_text import render_lock
from fairlead.drivers.artifacts import FolderCache
from fairlead.drivers.git import GitRepository
from fairlead.drivers.lake import ParquetLake
from fairlead.drivers.ledger.delta import DeltaLedger
from fairlead.drivers.ledger.duckdb_engine import DuckEngine
from fairlead.drivers.secrets_redact import Redactor
from fairlead.drivers.signing import KeyFile
from fairlead.flows.converging.reconcile import Look, Reconciler
from fairlead.flows.world import World
from fairlead.kernel.digests import sha256_hex
from fairlead.settings import Settings
from fairlead.testing.machine import MemoryGateway, MemoryHost
from fairlead.testing.secrets import MemorySecrets
from fairlead.testing.state import MemoryState
from fairlead.testing.time import ManualClock

__all__ = ["Scene"]

_WORKSPACE = """\
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
name: test
environments:
  - name: prod
    target: {port: 18780}
    sync: SYNC
"""

_MODEL = """\
apiVersion: fairlead.dev/v1alpha1
kind: Model
owner: team@example.com
description: NOTE
artifact:
  uri: file:models/NAME/model.bin
serving:
  runtime: command
  command: [serve, "{port}"]
  replicas: REPLICAS
environments:
  prod: {}
"""

_WHO = {"GIT_AUTHOR_NAME": "Ana", "GIT_AUTHOR_EMAIL": "ana@example.com", "GIT_COMMITTER_NAME": "Ana",
        "GIT_COMMITTER_EMAIL": "ana@example.com", "GIT_CONFIG_GLOBAL": "/dev/null"}  # fmt: skip


@dataclass
class Scene:
    """The stage of one test. `look` lets the control plane look once; `settle` lets it look until nothing changes."""

    folder: Path
    sync: str = "automatic"
    clock: ManualClock = field(default_factory=ManualClock)

    def __post_init__(self) -> None:
        self.repo = self.folder / "repo"
        self.repo.mkdir()
        self.git("init", "-q", "-b", "main")
        (self.repo / "fairlead.yaml").write_text(_WORKSPACE.replace("SYNC", self.sync))
        self.commit("Begin")
        self.host, self.gateway, self.state = MemoryHost(self.clock), MemoryGateway(), MemoryState(self.clock)
        self.world = self._world()
        self.reconciler = Reconciler(self.world)

    def restart(self) -> None:
        """The control process dies and another one starts: machine and state stay."""
        self.world = self._world()
        self.reconciler = Reconciler(self.world)

    def lose_state(self) -> None:
        """The state folder is gone, and so is what the gateway was told; the machine's servers go on."""
        shutil.rmtree(self.folder / "state")
        self.state, self.gateway = MemoryState(self.clock), MemoryGateway()
        self.restart()

    def declare(self, name: str, content: str, *, note: str = "", replicas: int = 1, uri_file: str = "") -> None:
        """Write a model whose artifact holds `content`, with its lock."""
        folder = self.repo / "models" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.bin").write_text(content)
        text = _MODEL.replace("NAME", name).replace("NOTE", f"'{note}'").replace("REPLICAS", str(replicas))
        (folder / "model.yaml").write_text(text)
        data = (uri_file or content).encode()
        files = (LockedFile("model.bin", sha256_hex(data), len(data)),)
        tree = tree_digest(files)
        (folder / "model.lock").write_text(render_lock(Lock(f"file:models/{name}/model.bin", tree, files, tree)))

    def remove(self, name: str) -> None:
        """Delete a model's folder."""
        shutil.rmtree(self.repo / "models" / name)

    def commit(self, subject: str) -> str:
        """Commit everything; the commit's id."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", subject)
        return self.git("rev-parse", "HEAD")

    def git(self, *arguments: str) -> str:
        """Run git in the repository; what it prints."""
        environ = {**os.environ, **_WHO}
        done = subprocess.run(
            ["git", *arguments], cwd=self.repo, env=environ, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    def look(self) -> Look:
        """Time passes, and the control plane looks once."""
        self.clock.advance(timedelta(seconds=2))
        time.sleep(0.005)  # artifacts are fetched beside the loop, in real time
        self.host.settle()
        return self.reconciler.look()

    def settle(self, looks: int = 30) -> Look:
        """Look until Git is live or what is wrong is held, at most `looks` times."""
        seen = self.look()
        for _ in range(looks):
            seen = self.look()
            if not seen.working:
                break
        return seen

    def routed(self) -> dict[str, str]:
        """Release (`model@commit`) that gets the traffic, by model."""
        config = self.gateway.serving()
        return {route.model: route.backends[0].name for route in config.routes} if config else {}

    def running(self) -> list[str]:
        """Releases of the servers that have not ended."""
        alive = (each for each in self.host.servers() if each.state.value in {"starting", "ready"})
        return sorted(each.labels["name"] for each in alive)

    def incidents(self) -> list[str]:
        """Kinds of the open incidents."""
        return sorted(each.kind for each in self.state.incidents(open_only=True))

    def _world(self) -> World:
        settings = Settings(str(self.repo), "main", "", self.folder / "state")
        repository = GitRepository(str(self.repo), self.folder / "state" / "mirror.git", "main")
        reader, secrets = Reader(), MemorySecrets()
        ledger = DeltaLedger(self.folder / "state" / "ledger", self.clock)
        lake = self.folder / "state" / "lake"
        return World(
            settings=settings,
            clock=self.clock,
            repository=repository,
            state=self.state,
            lake=ParquetLake(lake, self.clock),
            ledger=ledger,
            engine=DuckEngine(ledger, lake, {}, self.folder / "state" / "spill"),
            cache=FolderCache(self.folder / "state" / "artifacts"),
            secrets=secrets,
            redactor=Redactor(),
            signer=KeyFile(self.folder / "state" / "signing.key"),
            host=self.host,
            gateway=self.gateway,
            target=LocalTarget(self.host, self.gateway, secrets, {}),
            reader=reader,
            releases=ReleaseIndex(repository, reader),
            worktree=None,
            holder=str,
        )
