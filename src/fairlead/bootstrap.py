"""Settings become a world: which drivers there are is decided here, and nowhere above."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from fairlead.declare.reader import Reader
from fairlead.declare.releases import ReleaseIndex
from fairlead.deliver.targets.local import LocalTarget
from fairlead.domain.ledger import BILLS, LINES, USAGE
from fairlead.domain.ledger_tables import LINE_COLUMNS, USAGE_COLUMNS
from fairlead.domain.workspace import Metering
from fairlead.drivers.artifacts import FolderCache
from fairlead.drivers.clock import SystemClock
from fairlead.drivers.git import GitRepository, default_branch
from fairlead.drivers.git_checkout import checkout_of
from fairlead.drivers.git_worktree import GitWorktree
from fairlead.drivers.holder import holder_of
from fairlead.drivers.lake import ParquetLake
from fairlead.drivers.ledger.delta import DeltaLedger
from fairlead.drivers.ledger.duckdb_engine import DuckEngine
from fairlead.drivers.ledger.spark_engine import SparkEngine
from fairlead.drivers.secrets import ReferencedSecrets
from fairlead.drivers.secrets_redact import Redactor
from fairlead.drivers.signing import SIGNING_KEY, KeyFile
from fairlead.drivers.state import open_state
from fairlead.flows.trying.bench import Bench, end_orphans
from fairlead.flows.world import World
from fairlead.kernel.errors import NotFoundError
from fairlead.meter.bills.columns import BILL_COLUMNS
from fairlead.serve.gateway.gateway import EnvoyGateway
from fairlead.serve.host import LocalHost
from fairlead.serve.oip import oip_command
from fairlead.settings import Settings, default_state

__all__ = ["open_bench", "open_repository", "open_world", "settings_for"]

_PROBE = timedelta(seconds=2)
"""A server that does not answer its readiness path for so long is not ready; a busy one answers within."""


def settings_for(
    workspace: Path | None,
    *,
    repo: str = "",
    branch: str = "",
    state: Path | None = None,
    **more: Any,  # noqa: ANN401 - fields of Settings
) -> Settings:
    """Settings for the workspace in a folder, or for the one at the root of `repo`.

    A folder belongs to the Git repository around it and to the branch that is checked out there.
    UsageError where the folder is in no repository.
    """
    if workspace is not None and not repo:
        found = checkout_of(workspace)
        repo, folder, checked_out = str(found.root), found.folder, found.branch
        branch = branch or checked_out
    else:
        repo, folder = str(Path(repo).resolve()) if Path(repo).is_dir() else repo, ""
        branch = branch or default_branch(repo)
    place = state or default_state(repo, branch, folder, os.environ)
    return Settings(repo, branch, folder, place.resolve(), **more)


def open_repository(settings: Settings) -> GitRepository:
    """The followed repository, mirrored in the state folder."""
    return GitRepository(settings.repository, settings.state / "mirror.git", settings.branch, settings.folder)


_RUNTIMES = {"onnx": oip_command}
"""Servers that come with the product."""

_LEDGER = {BILLS: BILL_COLUMNS, USAGE: USAGE_COLUMNS, LINES: LINE_COLUMNS}
"""Columns that the ledger's tables have before there is anything in them."""


@contextmanager
def open_world(settings: Settings) -> Iterator[World]:
    """The embedded world: everything on this machine, under the state folder."""
    clock = SystemClock()
    state = settings.state
    redactor = Redactor()
    repository = open_repository(settings)
    reader = Reader()
    store = open_state(state, clock)
    checkout = Path(settings.repository, settings.folder)
    here = checkout.is_dir() and Path(settings.repository, ".git").exists()
    secrets = ReferencedSecrets(redactor, base=checkout if here else state)
    host = LocalHost(state, _window(repository, reader), clock, _PROBE)
    gateway = EnvoyGateway(state, host, clock)
    ledger = DeltaLedger(state / "ledger", clock)
    duckdb = DuckEngine(ledger, state / "lake", _LEDGER, state / "spill")
    spark = SparkEngine(ledger, duckdb, _LEDGER, state / "spill", settings.spark) if settings.spark else None
    try:
        yield World(
            settings=settings,
            clock=clock,
            repository=repository,
            state=store,
            lake=ParquetLake(state / "lake", clock),
            ledger=ledger,
            engine=spark or duckdb,
            cache=FolderCache(state / "artifacts"),
            secrets=secrets,
            redactor=redactor,
            signer=KeyFile(state / SIGNING_KEY),
            host=host,
            gateway=gateway,
            target=LocalTarget(host, gateway, secrets, _RUNTIMES),
            reader=reader,
            releases=ReleaseIndex(repository, reader),
            worktree=GitWorktree(checkout, repository) if here else None,
            holder=lambda: str(holder_of(state) or ""),
        )
    finally:
        if spark:
            spark.close()
        duckdb.close()
        store.close()


@contextmanager
def open_bench(workspace: Path, model: str, state: Path | None = None) -> Iterator[Bench]:
    """What a test of a model needs: no repository, no gateway, a folder of its own, which keeps the artifact only."""
    place = (state or default_state(str(workspace), model, "test", os.environ)).resolve()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    clock = SystemClock()
    for left in place.glob("home-*"):
        if not Path("/proc", left.name.split("-")[1]).exists():
            rmtree(left, ignore_errors=True)
    home = Path(mkdtemp(prefix=f"home-{os.getpid()}-", dir=place))
    host = LocalHost(place, timedelta(minutes=5), clock, _PROBE)
    end_orphans(host)
    redactor = Redactor()
    secrets = ReferencedSecrets(redactor, base=workspace)
    try:
        yield Bench(FolderCache(place / "artifacts"), host, secrets, clock, _RUNTIMES, home, redactor.redact)
    finally:
        rmtree(home, ignore_errors=True)


def _window(repository: GitRepository, reader: Reader) -> timedelta:
    """Length of a metering window as it is declared now: keepers leave readings at its boundaries."""
    try:
        head = repository.head()
    except NotFoundError:
        return Metering().window
    workspace = reader.read(repository.tree(head.id)).workspace
    return (workspace.metering if workspace else Metering()).window
