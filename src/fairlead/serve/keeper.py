"""Keeps one server: starts it, pumps its log, reads its CPU time, ends it, and leaves the final figure behind.

Runs as `python -S -E -I keeper.py` with the order as JSON on standard input. One runs per server, so it must stay
small (10 MB, of which 4 MB are its own): little of the standard library. All that others learn of the server they
learn from the files that are written here, and again where the state folder was lost: `server.json`, `reading.json`,
`boundaries.jsonl`, `stopping`, `exit.json` and the log.

The server dies with its keeper (PR_SET_PDEATHSIG): to adopt a server that nobody metered would leave a hole in its
bill, and a new one is ready in less than a second.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import select
import signal
import sys
import time

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
READ_BYTES, LINE_BYTES = 65536, 16384
LEVELS = (("critical", "error"), ("error", "error"), ("warn", "warning"), ("debug", "debug"))
libc = ctypes.CDLL(None, use_errno=True)


def stamp(seconds: float) -> str:
    """RFC 3339 with milliseconds, UTC."""
    whole = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{whole}.{int(seconds * 1000) % 1000:03d}Z"


def write(path: str, value: object) -> None:
    """Replace the file at once, so that a reader never sees half of it."""
    with open(f"{path}.new", "w", encoding="utf-8") as file:  # noqa: PTH123 - pathlib costs a megabyte
        json.dump(value, file)
    os.replace(f"{path}.new", path)  # noqa: PTH105 - the same


def stat_fields(pid: int) -> list[str]:
    """Fields of /proc/<pid>/stat after the name, from the state on; empty where there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


class Tree:
    """CPU time of all descendants of this process, in microseconds; never goes back."""

    def __init__(self) -> None:
        self.strangers: set[int] = set()
        self.highest = 0
        self.tick_us = 1_000_000 // os.sysconf("SC_CLK_TCK")

    def members(self) -> dict[int, list[str]]:
        """Living descendants and their stat fields. A process that is not ours can never become ours."""
        present = {int(name) for name in os.listdir("/proc") if name.isdigit()}  # noqa: PTH208 - as above
        self.strangers &= present
        fields = {pid: stat_fields(pid) for pid in present - self.strangers}
        ours = {os.getpid()}
        grown = True
        while grown:
            more = {pid for pid, stat in fields.items() if stat and int(stat[1]) in ours} - ours
            ours |= more
            grown = bool(more)
        self.strangers |= {pid for pid, stat in fields.items() if stat and pid not in ours}
        ours.discard(os.getpid())
        return {pid: fields[pid] for pid in ours}

    def used_us(self) -> int:
        """What ended children used (exact) and what living ones have used so far (their CPU clocks; nanoseconds)."""
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        total = round((ended.ru_utime + ended.ru_stime) * 1_000_000)
        for pid, stat in self.members().items():
            try:
                # A process's CPU clock, as clock_getcpuclockid(3) makes it: all threads, ended ones too.
                total += time.clock_gettime_ns((~pid << 3) | 2) // 1000
            except OSError:
                total += (int(stat[11]) + int(stat[12])) * self.tick_us
            total += (int(stat[13]) + int(stat[14])) * self.tick_us
        self.highest = max(self.highest, total)
        return self.highest

    def end(self) -> None:
        """Kill whatever the server left behind."""
        for pid in self.members():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Log:
    """Lines of the server with time and level, as JSON, in files of bounded number and size, without its secrets."""

    def __init__(self, folder: str, limit: int, files: int, secrets: tuple[str, ...] = ()) -> None:
        self.path, self.limit, self.files = f"{folder}/log.jsonl", limit, files
        self.file = open(self.path, "ab", buffering=0)  # noqa: PTH123, SIM115 - kept open for the server's life
        self.held: dict[int, bytes] = {}
        self.secrets = [secret.encode() for secret in secrets]

    def feed(self, source: int, data: bytes) -> None:
        """Take bytes of one of the server's outputs; what is not yet a line waits, up to a limit."""
        *lines, rest = (self.held.pop(source, b"") + data).split(b"\n")
        if len(rest) > LINE_BYTES:
            lines, rest = [*lines, rest], b""
        if rest:
            self.held[source] = rest
        self.write([line for line in lines if line.strip()])

    def close(self) -> None:
        """Write what was held back."""
        self.write(list(self.held.values()))

    def write(self, lines: list[bytes]) -> None:
        """Append lines; turn the files over where the newest is full."""
        at = stamp(time.time())
        for line in lines:
            for secret in self.secrets:
                line = line.replace(secret, b"[secret]")  # noqa: PLW2901 - no name for each step
            text = line[:LINE_BYTES].decode("utf-8", "replace").rstrip("\r")
            level = next((name for word, name in LEVELS if word in text[:80].lower()), "info")
            entry = json.dumps({"at": at, "level": level, "text": text})
            try:
                self.file.write(entry.encode() + b"\n")
            except OSError:
                return  # a full disk must not end the server; what it says meanwhile is lost
        if self.file.tell() > self.limit:
            self.turn()

    def reopen(self) -> None:
        """Begin the file anew under its name."""
        self.file.close()
        self.file = open(self.path, "ab", buffering=0)  # noqa: PTH123, SIM115

    def turn(self) -> None:
        """log.jsonl becomes log.1.jsonl, and so on; the oldest goes."""
        stem = self.path.removesuffix(".jsonl")
        for number in range(self.files - 1, 0, -1):
            older = f"{stem}.{number - 1}.jsonl" if number > 1 else self.path
            if os.path.exists(older):  # noqa: PTH110
                os.replace(older, f"{stem}.{number}.jsonl")  # noqa: PTH105
        self.reopen()


def spawn(order: dict, outputs: tuple[int, int]) -> int:  # type: ignore[type-arg]
    """Fork and execute the server in a session of its own; answer its pid."""
    keeper = os.getpid()
    pid = os.fork()
    if pid:
        return pid
    try:
        os.setsid()
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != keeper:
            os._exit(1)
        os.dup2(outputs[0], 1)
        os.dup2(outputs[1], 2)
        for number in (signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        os.chdir(order["cwd"])
        os.execvpe(order["command"][0], order["command"], order["environment"])  # noqa: S606 - no shell is wanted
    except OSError as error:
        os.write(2, f"error: cannot start {order['command'][0]}: {error.strerror}\n".encode())
    os._exit(127)


class Keeper:
    """One server's life."""

    def __init__(self, order: dict) -> None:  # type: ignore[type-arg]
        self.order, self.folder = order, order["folder"]
        self.log, self.tree = Log(self.folder, order["log_bytes"], order["log_files"], order["secrets"]), Tree()
        self.poll, self.open = select.poll(), set[int]()
        self.status: int | None = None
        self.deadline: float | None = None
        self.boundary = int(time.time()) // order["window"]
        self.wake, wake = os.pipe()
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        self.poll.register(self.wake, select.POLLIN)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGTERM, lambda *_: self.stop())

    def start(self) -> None:
        """Start the server and say so in `server.json`."""
        pipes = [os.pipe(), os.pipe()]
        self.pid = spawn(self.order, (pipes[0][1], pipes[1][1]))
        for reading, writing in pipes:
            os.close(writing)
            self.open.add(reading)
            self.poll.register(reading, select.POLLIN)
        private = {"environment", "secrets", "command", "folder", "cwd", "log_bytes", "log_files"}
        known = {key: value for key, value in self.order.items() if key not in private}
        known["pid"], known["pid_start"] = self.pid, int((stat_fields(self.pid) or ["0"] * 20)[19])
        known["keeper"], known["keeper_start"] = os.getpid(), int(stat_fields(os.getpid())[19])
        known["started"] = stamp(time.time())
        self.known = known
        write(f"{self.folder}/server.json", known)

    def stop(self) -> None:
        """Ask the server to end; its grace begins once."""
        if self.deadline is None:
            self.deadline = time.monotonic() + self.order["grace"]
            with contextlib.suppress(OSError):  # a full disk must not keep it from ending
                write(f"{self.folder}/stopping", stamp(time.time()))
            if self.status is None:
                os.kill(self.pid, signal.SIGTERM)

    def reading(self) -> dict[str, object]:
        """The newest reading, with this process's own CPU time beside the server's."""
        own = time.process_time_ns() // 1000
        return {"at": stamp(time.time()), "cpu_us": self.tree.used_us(), "keeper_us": own}

    def leave_word(self) -> None:
        """Meter. A full disk must not end the server; where the state folder was lost, say again who this is."""
        try:
            if not os.path.exists(f"{self.folder}/server.json"):  # noqa: PTH110
                os.makedirs(self.folder, mode=0o700, exist_ok=True)  # noqa: PTH103
                write(f"{self.folder}/server.json", self.known)
                self.log.reopen()
            self.meter()
        except OSError as error:
            self.log.write([f"error: its keeper cannot write: {error.strerror}".encode()])

    def meter(self) -> None:
        """Leave the newest reading, and a lasting one when a metering window has just ended."""
        reading = self.reading()
        write(f"{self.folder}/reading.json", reading)
        number = int(time.time()) // self.order["window"]
        if number != self.boundary:
            self.boundary = number
            with open(f"{self.folder}/boundaries.jsonl", "ab") as file:  # noqa: PTH123
                file.write(json.dumps(reading).encode() + b"\n")

    def reap(self) -> None:
        """Take leave of ended children, our own and those that were left to us."""
        with contextlib.suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                if ended[0] == self.pid:
                    self.status = ended[1]

    def pump(self, wait: float) -> None:
        """Wait for output or a signal, at most `wait` seconds."""
        for source, _ in self.poll.poll(max(wait, 0) * 1000):
            data = os.read(source, READ_BYTES)
            if source != self.wake:
                self.log.feed(source, data)
            if not data:
                self.poll.unregister(source)
                self.open.discard(source)

    def run(self) -> None:
        """Keep the server until it has ended, then write the exit record."""
        due = 0.0
        while self.status is None:
            now = time.time()
            if not 0 < due - now <= 1:
                self.leave_word()
                window = self.order["window"]
                due = min(now + 1, (int(now) // window + 1) * window)
            if self.deadline is not None and time.monotonic() >= self.deadline:
                self.tree.end()
            self.pump(min(due - time.time(), 0.05 if self.deadline is not None else 1))
            self.reap()
        while self.tree.members():
            self.tree.end()
            self.pump(0.01)
            self.reap()
        while self.open:
            self.pump(1)
        self.log.close()
        self.leave_word()
        code = os.waitstatus_to_exitcode(self.status)
        write(f"{self.folder}/exit.json", {**self.reading(), "code": code})


def main() -> None:
    """Read the order, leave the starter's session, start the server, acknowledge, keep."""
    order = json.loads(sys.stdin.buffer.read())
    os.setsid()
    if os.fork():
        os._exit(0)
    libc.prctl(PR_SET_CHILD_SUBREAPER, 1)
    keeper = Keeper(order)
    keeper.start()
    del order["environment"], order["secrets"]
    os.write(1, b"started\n")
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    keeper.run()


if __name__ == "__main__":
    main()
