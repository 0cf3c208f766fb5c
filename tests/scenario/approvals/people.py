"""People with keys, and what they do with them in a real repository."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.unit.drivers.origin import Origin

__all__ = ["Gpg", "Person", "Shared", "make_person", "run"]


def run(*command: str, data: str = "", environ: Mapping[str, str] | None = None) -> str:
    """Run a program; what it says. An error where it fails."""
    done = subprocess.run(
        command, input=data, check=True, capture_output=True, text=True, env={**os.environ, **(environ or {})}
    )
    return done.stdout.strip()


@dataclass(frozen=True)
class Person:
    """Somebody with an e-mail address and an SSH key."""

    name: str
    key: Path

    @property
    def mail(self) -> str:
        """Their address."""
        return f"{self.name}@example.com"

    def signer(self, options: str = "") -> str:
        """Their line of an allowed signers file."""
        kind, key, *_ = Path(f"{self.key}.pub").read_text("ascii").split()
        return f"{self.mail} {options}{' ' if options else ''}{kind} {key}\n"


def make_person(name: str, folder: Path) -> Person:
    """A person with a new key under `folder`."""
    key = folder / f"{name}.key"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(key))
    return Person(name, key)


class Shared(Origin):
    """A repository in which several people work, each under their own name and with their own key."""

    def by(self, person: Person, *arguments: str, sign: bool = True, at: datetime | None = None) -> str:
        """Run git as that person, signing commits and tags with their key where `sign`."""
        moment = f"@{int(at.astimezone(UTC).timestamp())} +0000" if at else ""
        dates = {"GIT_AUTHOR_DATE": moment, "GIT_COMMITTER_DATE": moment} if at else {}
        settings = {
            "user.name": person.name.title(),
            "user.email": person.mail,
            "gpg.format": "ssh",
            "user.signingkey": str(person.key),
            "commit.gpgsign": str(sign).lower(),
            "tag.gpgsign": str(sign).lower(),
        }
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return run("git", "-C", str(self.folder), *options, *arguments, environ=dates)

    def commit_by(
        self, person: Person, message: str, *, sign: bool = True, at: datetime | None = None, **files: str
    ) -> str:
        """A commit of that person, with files (`__` stands for `/`); its id."""
        for name, content in files.items():
            self.write(name.replace("__", "/"), content)
        self.git("add", "--all")
        self.by(person, "commit", "--quiet", "--allow-empty", "-m", message, sign=sign, at=at)
        return self.git("rev-parse", "HEAD")


class Gpg:
    """A person's GPG home with one key, for ed25519 signatures by the real program."""

    def __init__(self, folder: Path, user: str, expires: str = "never", at: datetime | None = None) -> None:
        folder.mkdir(mode=0o700)
        self.home = str(folder)
        clock = ["--faked-system-time", f"{int(at.timestamp())}!"] if at else []
        self.run(*clock, "--passphrase", "", "--quick-generate-key", user, "ed25519", "sign", expires)

    def run(self, *arguments: str) -> str:
        """Run gpg in this home."""
        return run(
            "gpg", "--batch", "--no-tty", "--pinentry-mode", "loopback", *arguments, environ={"GNUPGHOME": self.home}
        )

    def public(self) -> str:
        """The public key, armoured."""
        return self.run("--armor", "--export")

    def close(self) -> None:
        """End the agent."""
        run("gpgconf", "--kill", "all", environ={"GNUPGHOME": self.home})
