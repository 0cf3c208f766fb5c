"""Runs the `git` program: for the network, where it knows the user's credentials, and for the user's own checkout."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from fairlead.kernel.errors import BrokenWorldError, UsageError

__all__ = ["Answer", "GitProgram", "plain_address", "scrub"]

_PASSWORD = re.compile(r"(://)[^\s/@]+:[^\s/@]*@")
# What a hook or an alias sets for its own repository must not leak into questions about another one.
_LOCAL = {
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_CONFIG", "GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS", "GIT_DIR",
    "GIT_GRAFT_FILE", "GIT_INDEX_FILE", "GIT_COMMON_DIR", "GIT_NAMESPACE", "GIT_OBJECT_DIRECTORY", "GIT_PREFIX",
    "GIT_QUARANTINE_PATH", "GIT_REPLACE_REF_BASE", "GIT_SHALLOW_FILE", "GIT_WORK_TREE", "GIT_INTERNAL_SUPER_PREFIX",
}  # fmt: skip
_QUIET = {"GIT_TERMINAL_PROMPT": "0", "GIT_PAGER": "cat", "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
_PROTOCOLS = "file:git:http:https:ssh"


@dataclass(frozen=True, slots=True)
class Answer:
    """How a run of git ended. Credentials in `error` are struck out."""

    code: int
    output: str
    error: str

    @property
    def reason(self) -> str:
        """The line of the error that says most."""
        lines = [line.strip() for line in self.error.splitlines() if line.strip()]
        told = [line for line in lines if line.startswith(("fatal:", "error:"))]
        return (told or lines or [f"git ended with {self.code}"])[0].removeprefix("fatal: ").removeprefix("error: ")


def scrub(text: str) -> str:
    """The text without passwords in addresses."""
    return _PASSWORD.sub(r"\1***@", text)


def plain_address(address: str) -> str:
    """An address that git may be given: a local path made absolute, or a URL.

    UsageError for one that holds a password (it would be seen in the list of processes) or that git reads as an option.
    """
    if _PASSWORD.search(address):
        mend = "leave it out, and let git's credential helper know it"
        raise UsageError("the address holds a password", where=scrub(address), mend=mend)
    if not address or address.startswith("-") or "::" in address:
        mend = "give a path, or an https, ssh or file address"
        raise UsageError("this is no address of a repository", where=address, mend=mend)
    path = Path(address).expanduser()
    return str(path.resolve()) if path.exists() else address


class GitProgram:
    """Git in one folder. Every run has a time limit, asks nobody anything, and speaks English."""

    def __init__(self, folder: Path, environ: Mapping[str, str] = os.environ) -> None:
        self._folder = folder
        kept = {key: value for key, value in environ.items() if key not in _LOCAL}
        self._environ = {"GIT_ALLOW_PROTOCOL": _PROTOCOLS, "SSH_ASKPASS_REQUIRE": "never", **kept, **_QUIET}

    def run(self, *arguments: str, seconds: float = 60) -> Answer:
        """Run git; the answer may be a failure. BrokenWorldError where it cannot run at all or takes too long."""
        process = self._start(arguments)
        try:
            output, error = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as expired:
            self._end(process)
            what = f"`git {arguments[0]}` gave no answer within {seconds:g} s"
            raise BrokenWorldError(what, mend="check the network and the address, then try again") from expired
        text = output.decode(errors="replace")
        return Answer(process.returncode, text, scrub(error.decode(errors="replace")))

    def must(self, *arguments: str, seconds: float = 60) -> str:
        """Run git; its output, or BrokenWorldError with git's reason."""
        answer = self.run(*arguments, seconds=seconds)
        if answer.code:
            raise BrokenWorldError(f"git {arguments[0]}: {answer.reason}", where=str(self._folder))
        return answer.output

    def _start(self, arguments: Sequence[str]) -> subprocess.Popen[bytes]:
        command = ["git", "-C", str(self._folder), *arguments]
        try:
            # A session of its own has no terminal, so that neither git nor ssh can ask there.
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environ,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            raise BrokenWorldError("the program `git` is not found", mend="install git 2.30 or newer") from error

    @staticmethod
    def _end(process: subprocess.Popen[bytes]) -> None:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()
