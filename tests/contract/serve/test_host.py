"""Servers under keepers: started, found again, ended, metered, and what stays when somebody is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from fairlead.domain.serving import ServerState
from fairlead.kernel.errors import ConflictError, NotFoundError
from fairlead.serve.host import PATIENCE, LocalHost
from fairlead.serve.processes import alive
from fairlead.serve.records import last_lines, log_entries, read_server
from fairlead.testing.time import ManualClock
from tests.contract.serve.conftest import Place, wait_until

SLEEP = "import time; time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
)
BURN = """
import os, resource, sys, time
def burn(seconds):
    until = time.process_time() + seconds
    while time.process_time() < until: pass
child = os.fork()
if child == 0:
    burn(0.3); os._exit(0)
os.waitpid(child, 0)
burn(0.4)
own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(sum(use.ru_utime + use.ru_stime for use in (own, children)), flush=True)
"""


def kept(place: Place, server: str) -> tuple[int, int]:
    """Pids of keeper and server."""
    record = read_server(place.root / "servers" / server)
    assert record is not None
    return record.keeper, record.pid


def test_a_server_is_ready_when_its_path_answers(place: Place) -> None:
    """A start answers at once in state starting; ready comes from the readiness path alone."""
    begun = time.monotonic()
    started = place.host.start(place.spec(sys.executable, "-m", "http.server", "{port}", readiness_path="/"))
    assert time.monotonic() - begun < 2
    assert started.state is ServerState.STARTING
    assert place.ready(started.id).port == started.port


def test_port_and_folder_are_filled_in(place: Place) -> None:
    """`{port}` and `{model_dir}` stand for the server's own, and PORT is in its environment."""
    text = "import os, sys; print(sys.argv[1:], os.environ['PORT'], flush=True)"
    server = place.host.start(place.spec(sys.executable, "-c", text, "{port}", "{model_dir}/x"))
    place.exited(server.id)
    expected = f"['{server.port}', '{place.root}/x'] {server.port}"
    assert last_lines(place.root / "servers" / server.id) == [expected]


def test_an_id_is_taken_once(place: Place) -> None:
    """The second start of an id is a conflict, and leaves the first alone."""
    server = place.script(SLEEP)
    with pytest.raises(ConflictError, match="exists"):
        place.script(SLEEP, id=server.id)
    assert place.look(server.id).state is ServerState.READY


def test_a_graceful_end(place: Place) -> None:
    """A stop answers at once, twice is once, and the exit code is the server's own."""
    text = (
        "import signal, sys, time; signal.signal(15, lambda *_: sys.exit(7)); print('on', flush=True); time.sleep(60)"
    )
    server = place.script(text)
    wait_until(lambda: last_lines(place.root / "servers" / server.id))
    begun = time.monotonic()
    place.host.stop(server.id)
    place.host.stop(server.id)
    assert time.monotonic() - begun < 0.5
    assert place.exited(server.id).exit_code == 7
    place.host.stop(server.id)


def test_a_deaf_server_is_killed_after_its_grace(place: Place) -> None:
    """Its children go with it."""
    text = "import os; os.fork()\n" + STUBBORN
    server = place.script(text, grace=timedelta(seconds=0.5))
    wait_until(lambda: len(last_lines(place.root / "servers" / server.id)) == 2)
    place.host.stop(server.id)
    assert place.look(server.id).state is ServerState.STOPPING
    assert place.exited(server.id).exit_code == -signal.SIGKILL


def test_a_crash_at_start_says_why(place: Place) -> None:
    """The detail of an exited server is what it said last."""
    server = place.script("raise SystemExit('no weights here')")
    ended = place.exited(server.id)
    assert (ended.exit_code, ended.detail) == (1, "no weights here")


def test_a_program_that_is_not_there(place: Place) -> None:
    """A command that cannot be executed is an exited server, not an exception."""
    server = place.host.start(place.spec("no-such-program"))
    ended = place.exited(server.id)
    assert ended.exit_code == 127
    assert "no-such-program" in ended.detail


def test_not_ready_in_time_is_unhealthy(place: Place) -> None:
    """The detail names the limit and what the server said."""
    text = "print('still loading', flush=True)\n" + SLEEP
    server = place.script(text, readiness_path="/ready", startup_timeout=timedelta(seconds=0.5))
    assert place.look(server.id).state is ServerState.STARTING
    wait_until(lambda: place.look(server.id).state is ServerState.UNHEALTHY)
    assert place.look(server.id).detail == "not ready within 0.5 s\nstill loading"


def test_a_server_that_was_ready_may_be_silent_for_a_time(place: Place) -> None:
    """A stopped process is silent first and unhealthy only after PATIENCE of looks; one answer begins it anew."""
    clock = ManualClock()
    host = LocalHost(place.root, timedelta(seconds=1), clock, timedelta(seconds=0.2))
    server = place.host.start(place.spec(sys.executable, "-m", "http.server", "{port}", readiness_path="/"))
    place.ready(server.id)
    pid = kept(place, server.id)[1]

    def states(looks: int) -> list[ServerState]:
        seen = []
        for _ in range(looks):
            seen.append(host.servers()[0].state)
            clock.advance(PATIENCE / 2)
        return seen

    os.kill(pid, signal.SIGSTOP)
    assert states(2) == [ServerState.SILENT, ServerState.SILENT]
    os.kill(pid, signal.SIGCONT)
    wait_until(lambda: host.servers()[0].state is ServerState.READY)
    os.kill(pid, signal.SIGSTOP)
    assert states(3) == [ServerState.SILENT, ServerState.SILENT, ServerState.UNHEALTHY]
    clock.advance(10 * PATIENCE)
    assert states(1) == [ServerState.SILENT]
    os.kill(pid, signal.SIGCONT)


def test_the_final_figure_is_the_operating_systems(place: Place) -> None:
    """CPU time of the server and its children, to 5 ms of what they read themselves; readings never go back."""
    server = place.script(BURN)
    place.exited(server.id)
    own = float(last_lines(place.root / "servers" / server.id)[0])
    readings = place.host.readings(server.id)
    assert readings[-1].final
    assert [one.cpu_us for one in readings] == sorted(one.cpu_us for one in readings)
    record = json.loads((place.root / "servers" / server.id / "exit.json").read_text())
    assert record["cpu_us"] / 1e6 == pytest.approx(own, abs=0.03)
    assert readings[-1].cpu_us == record["cpu_us"] + record["keeper_us"]


def test_a_reading_at_every_boundary(place: Place) -> None:
    """Each metering boundary of the wall clock has its reading, taken within 50 ms of it."""
    server = place.script(SLEEP)
    wait_until(lambda: len(place.host.readings(server.id)) >= 4)
    boundaries = place.host.readings(server.id)[:-1]
    assert all(one.at.microsecond < 50_000 for one in boundaries)
    gaps = {(after.at - before.at).total_seconds() for before, after in pairwise(boundaries)}
    assert all(gap == pytest.approx(1, abs=0.05) for gap in gaps)


def test_living_children_are_counted(place: Place) -> None:
    """A worker process that is still running is in the newest reading."""
    server = place.script("import os\nif os.fork(): os.wait()\nwhile True: pass")
    wait_until(lambda: place.host.readings(server.id) and place.host.readings(server.id)[-1].cpu_us > 500_000)


def test_forgotten_only_after_the_end(place: Place) -> None:
    """A living server cannot be forgotten; an ended one leaves nothing, and is then unknown."""
    server = place.script(SLEEP)
    with pytest.raises(ConflictError):
        place.host.forget(server.id)
    place.host.stop(server.id)
    place.exited(server.id)
    place.host.forget(server.id)
    assert not (place.root / "servers" / server.id).exists()
    with pytest.raises(NotFoundError):
        place.host.readings(server.id)


def test_the_starter_is_killed(place: Place, tmp_path: Path) -> None:
    """Kill -9 of whoever started a server leaves it running, and another process adopts it from the folder."""
    script = f"""
import os, sys
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from fairlead.drivers.clock import SystemClock
from fairlead.serve.host import LocalHost
from fairlead.domain.serving import ServerSpec
host = LocalHost(Path({str(tmp_path)!r}), timedelta(seconds=1), SystemClock(), timedelta(seconds=1))
host.start(ServerSpec("prod.m.other", (sys.executable, "-m", "http.server", "{{port}}"), {{"model": "m"}},
    Path({str(tmp_path)!r}), "/", timedelta(seconds=9), timedelta(seconds=1)))
os.kill(os.getpid(), 9)
"""
    ended = subprocess.run([sys.executable, "-c", script], check=False, timeout=30)
    assert ended.returncode == -signal.SIGKILL
    adopted = place.ready("prod.m.other")
    place.host.stop(adopted.id)
    assert place.exited(adopted.id).exit_code is not None


def test_the_keeper_is_killed(place: Place) -> None:
    """The server and its children die with their keeper; the exit record has the last reading and the cause."""
    server = place.script("import os; os.fork()\n" + SLEEP)
    keeper, child = kept(place, server.id)
    wait_until(lambda: place.host.readings(server.id))
    os.kill(keeper, signal.SIGKILL)
    ended = place.exited(server.id)
    assert ended.detail == "its keeper was killed"
    assert place.host.readings(server.id)[-1].final
    wait_until(lambda: not Path(f"/proc/{child}").exists())
    sessions = [p for p in Path("/proc").iterdir() if p.name.isdigit() and session_of(p) == child]
    assert sessions == []


def session_of(process: Path) -> int:
    """Session of a process; 0 where it has just gone."""
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[3])
    except OSError:
        return 0


def test_a_reused_pid_is_another_process() -> None:
    """The start time belongs to a process's name."""
    start = int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19])
    assert alive(os.getpid(), start)
    assert not alive(os.getpid(), start + 1)


def test_a_keeper_is_small_and_detached(place: Place) -> None:
    """At most 16 MB resident, no terminal, a child of init, nothing open but its own files."""
    server = place.script(SLEEP)
    keeper, _ = kept(place, server.id)
    status = Path(f"/proc/{keeper}/status").read_text()
    size = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
    assert size < 16 * 1024
    fields = Path(f"/proc/{keeper}/stat").read_text().rpartition(")")[2].split()
    assert (fields[1], fields[4]) == ("1", "0")
    targets = {str(path.readlink()) for path in Path(f"/proc/{keeper}/fd").iterdir()}
    own = str(place.root / "servers" / server.id)
    assert [target for target in targets if not target.startswith((own, "/dev/null", "pipe:", "/proc"))] == []


def test_secrets_are_nowhere_but_in_the_server(place: Place) -> None:
    """Neither argv, nor the keeper's environment, nor any file under the root holds a server's secret."""
    canary = "canary-5f1d"
    server = place.script(SLEEP, environment={"TOKEN": canary})
    keeper, child = kept(place, server.id)
    wait_until(lambda: canary in Path(f"/proc/{child}/environ").read_text())
    for pid in (keeper, child):
        assert canary not in Path(f"/proc/{pid}/cmdline").read_text()
    assert canary not in Path(f"/proc/{keeper}/environ").read_text()
    files = [path for path in place.root.rglob("*") if path.is_file()]
    assert files
    assert all(canary.encode() not in path.read_bytes() for path in files)


def test_the_control_process_keeps_its_credentials(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server inherits PATH and the like, nothing else."""
    monkeypatch.setenv("CLOUD_SECRET_KEY", "canary-77")
    server = place.script("import os; print(sorted(os.environ), flush=True)")
    place.exited(server.id)
    (names,) = last_lines(place.root / "servers" / server.id)
    assert "CLOUD_SECRET_KEY" not in names
    assert "PATH" in names


def test_a_log_is_bounded(place: Place) -> None:
    """A server that floods its output fills four files of four megabytes, and its last words are kept."""
    text = "import sys\nfor n in range(250_000): print('x' * 80, n)\nprint('warning: the end')"
    server = place.script(text)
    place.exited(server.id)
    folder = place.root / "servers" / server.id
    files = list(folder.glob("log*.jsonl"))
    assert len(files) == 4
    assert sum(path.stat().st_size for path in files) < 17 * 1024 * 1024
    *_, last = log_entries(folder)
    assert (last.level, last.text) == ("warning", "warning: the end")
