"""The server host of this machine: starts servers under keepers, and finds them again from what the keepers wrote.

Nothing is remembered here. Whoever asks, after a kill -9 of the control process too, reads the same folders and the
same /proc; adoption is the normal way.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from fairlead.domain.serving import CpuReading, RunningServer, ServerSpec, ServerState
from fairlead.kernel.errors import BrokenWorldError, ConflictError, NotFoundError
from fairlead.kernel.windows import iso
from fairlead.ports import Clock
from fairlead.serve.launch import free_port, launch
from fairlead.serve.oip.counters import REQUESTS_TOTAL
from fairlead.serve.probe import is_ready, read_text
from fairlead.serve.processes import alive, end_session
from fairlead.serve.records import (
    ExitRecord,
    KeptServer,
    end_silence,
    last_lines,
    note_silence,
    read_cpu,
    read_exit,
    read_server,
    write_json,
)

__all__ = ["LocalHost"]

PROBES_AT_ONCE = 8

PATIENCE = timedelta(seconds=10)
"""How long a server that was ready may be silent, look after look, until it is unhealthy: a busy one is not killed."""


class LocalHost:
    """Servers under `<root>/servers/<id>/`, one keeper each."""

    def __init__(self, root: Path, window: timedelta, clock: Clock, probe_timeout: timedelta) -> None:
        """Keep servers under `root`; keepers leave a reading at each end of a metering `window` (whole seconds)."""
        if not sys.platform.startswith("linux"):
            raise BrokenWorldError("the local target needs Linux", mend="run it there, or deliver to Kubernetes")
        self._folder = root / "servers"
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._window = int(window.total_seconds())
        self._clock = clock
        self._probe_seconds = probe_timeout.total_seconds()

    def folder(self, server: str) -> Path:
        """Where a server's records and log are; NotFoundError lists the known servers."""
        folder = self._folder / server
        if not (folder / "server.json").exists():
            known = ", ".join(kept.id for _, kept in self._kept()) or "none"
            raise NotFoundError(f"no server {server!r}", mend=f"known: {known}")
        return folder

    def start(self, spec: ServerSpec) -> RunningServer:
        """Start a server under its keeper and answer at once, in state `starting`.

        ConflictError where the id is taken; BrokenWorldError where no keeper can be started.
        """
        folder = self._folder / spec.id
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            raise ConflictError("a server of that id exists", where=spec.id, mend="ids are unique for ever") from None
        port = free_port({kept.port for _, kept in self._kept()})
        try:
            launch(spec, folder, port, self._window)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        kept = read_server(folder)
        if kept is None:
            raise BrokenWorldError("its keeper left no record", where=spec.id)
        return _running(kept, ServerState.STARTING)

    def servers(self) -> list[RunningServer]:
        """All model servers found on the machine, probed for readiness; by start. `find` has the gateway."""
        found = [(folder, kept) for folder, kept in self._kept() if "kind" not in kept.labels]
        with ThreadPoolExecutor(max_workers=PROBES_AT_ONCE) as pool:
            looks = pool.map(lambda pair: self._look_if_there(*pair), found)
            return sorted((one for one in looks if one is not None), key=lambda one: (one.started, one.id))

    def find(self, labels: Mapping[str, str]) -> list[RunningServer]:
        """Servers that carry all of these labels; `{"kind": "gateway"}` finds gateways, ended ones too.

        Nothing is asked over the network: a server counts as ready once it has been.
        """
        found = [(folder, kept) for folder, kept in self._kept() if labels.items() <= kept.labels.items()]
        looks = (self._look_if_there(folder, kept, probe=False) for folder, kept in found)
        return [one for one in looks if one is not None]

    def answered(self, server: RunningServer) -> int | None:
        """Requests under `/v2/models/` that a server has answered since its start; None where it keeps no count."""
        text = read_text(server.port, "/metrics", self._probe_seconds)
        counts = [line.rpartition(" ")[2] for line in (text or "").splitlines() if line.startswith(REQUESTS_TOTAL)]
        stated = text is not None and f"# TYPE {REQUESTS_TOTAL} counter" in text
        return sum(map(int, counts)) if stated else None

    def stop(self, server: str) -> None:
        """Begin a graceful stop: its grace period, then the hard end. Answers at once; twice is once."""
        folder = self.folder(server)
        kept = read_server(folder)
        if kept is None or not alive(kept.keeper, kept.keeper_start):
            return
        # The mark comes after the signal (and the keeper leaves it, too): one without a signal would leave a server
        # that nobody stops any more.
        with suppress(ProcessLookupError, FileNotFoundError):
            os.kill(kept.keeper, signal.SIGTERM)
            (folder / "stopping").touch()

    def forget(self, server: str) -> None:
        """Drop the traces of an exited server; ConflictError where it has not exited."""
        folder = self.folder(server)
        kept = read_server(folder)
        if kept is not None and self._ended(folder, kept) is None:
            raise ConflictError("the server has not exited", where=server, mend="stop it first")
        shutil.rmtree(folder)

    def readings(self, server: str, since: datetime | None = None) -> list[CpuReading]:
        """CPU readings at metering boundaries and the newest one, in order of time; the last may be final.

        With `since`, those from the last one before that moment on. They hold the CPU time of the server, of all its
        descendants and of its keeper.
        """
        return read_cpu(self.folder(server), server, since)

    def _kept(self) -> list[tuple[Path, KeptServer]]:
        folders = [path for path in self._folder.iterdir() if path.is_dir()]
        return [(folder, kept) for folder in folders if (kept := read_server(folder)) is not None]

    def _ended(self, folder: Path, kept: KeptServer) -> ExitRecord | None:
        """The exit record; written here where the keeper was killed before it could, with its last reading."""
        ended = read_exit(folder)
        if ended is not None or alive(kept.keeper, kept.keeper_start):
            return ended
        ended = read_exit(folder)
        if ended is not None:
            return ended
        end_session(kept.pid, kept.pid_start)
        readings = read_cpu(folder, kept.id)
        used = readings[-1].cpu_us if readings else 0
        record = {"at": iso(self._clock.now()), "cpu_us": used, "keeper_us": 0, "code": -int(signal.SIGKILL)}
        write_json(folder / "exit.json", {**record, "cause": "its keeper was killed"})
        return read_exit(folder)

    def _look_if_there(self, folder: Path, kept: KeptServer, *, probe: bool = True) -> RunningServer | None:
        """The server, or None where another process forgot it at this moment."""
        try:
            return self._look(folder, kept, probe=probe)
        except FileNotFoundError:
            if folder.exists():
                raise
            return None

    def _look(self, folder: Path, kept: KeptServer, *, probe: bool) -> RunningServer:
        ended = self._ended(folder, kept)
        if ended is not None:
            lines = [ended.cause] if ended.cause else last_lines(folder)
            asked = (folder / "stopping").exists()
            return replace(_running(kept, ServerState.EXITED, ended.code, "\n".join(lines)), asked=asked)
        if (folder / "stopping").exists():
            return _running(kept, ServerState.STOPPING)
        return self._probe(folder, kept) if probe else _as_left(folder, kept)

    def _probe(self, folder: Path, kept: KeptServer) -> RunningServer:
        if not kept.readiness_path or is_ready(kept.port, kept.readiness_path, self._probe_seconds):
            (folder / "ready").touch()
            end_silence(folder)
            return _running(kept, ServerState.READY)
        if (folder / "ready").exists():
            now = self._clock.now()
            silent = now - note_silence(folder, now, PATIENCE)
            detail = f"{kept.readiness_path} has not answered 2xx for {silent.total_seconds():.0f} s"
            return _running(kept, ServerState.UNHEALTHY if silent >= PATIENCE else ServerState.SILENT, detail=detail)
        if self._clock.now() < kept.started + timedelta(seconds=kept.startup_timeout):
            return _running(kept, ServerState.STARTING)
        lines = [f"not ready within {kept.startup_timeout:g} s", *last_lines(folder)]
        return _running(kept, ServerState.UNHEALTHY, detail="\n".join(lines))


def _as_left(folder: Path, kept: KeptServer) -> RunningServer:
    been = not kept.readiness_path or (folder / "ready").exists()
    return _running(kept, ServerState.READY if been else ServerState.STARTING)


def _running(kept: KeptServer, state: ServerState, code: int | None = None, detail: str = "") -> RunningServer:
    return RunningServer(kept.id, kept.labels, kept.port, kept.pid, state, kept.started, code, detail)
