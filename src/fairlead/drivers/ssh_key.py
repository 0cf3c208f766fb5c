"""A person's SSH key: signs what they approve, by `ssh-keygen`, so that agents and hardware keys work too."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from fairlead.drivers.git_program import GitProgram
from fairlead.drivers.signatures import NOTES
from fairlead.kernel.errors import BrokenWorldError, UsageError

__all__ = ["configured_key", "sign_with"]

_SECONDS = 120.0
"""A hardware key waits for a touch, an agent for a person."""


def configured_key(folder: Path) -> str:
    """The key that Git in `folder` signs commits with: a path, or `key::` and a public key. UsageError without one."""
    key = GitProgram(folder).run("config", "--get", "user.signingkey").output.strip()
    if not key:
        mend = "name one with --key FILE, or: git config user.signingkey ~/.ssh/id_ed25519.pub"
        raise UsageError("Git knows no key to sign with", where=str(folder), mend=mend)
    return key


def sign_with(key: str, data: bytes, namespace: str = NOTES) -> str:
    """Armoured SSH signature of `data`.

    `key` is a file (private, or public with its private half in the agent), or a public key as Git's
    `user.signingkey` writes it. BrokenWorldError with
    the program's reason where it does not sign. A passphrase is asked for on the terminal.
    """
    with TemporaryDirectory(prefix="fairlead-sign-") as folder:
        file = _key_file(key, Path(folder))
        command = ["ssh-keygen", "-Y", "sign", "-n", namespace, "-f", str(file)]
        try:
            done = subprocess.run(
                command,
                input=data,
                capture_output=True,
                check=False,
                timeout=_SECONDS,
                env={**os.environ, "LC_ALL": "C"},
            )
        except FileNotFoundError as error:
            mend = "install OpenSSH 8.9 or newer"
            raise BrokenWorldError("the program `ssh-keygen` is not found", mend=mend) from error
        except subprocess.TimeoutExpired as error:
            raise BrokenWorldError(f"no signature within {_SECONDS:g} s", where=str(file), mend="try again") from error
    if done.returncode or not done.stdout:
        reason = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        mend = "name an SSH key with --key FILE; a key that only the agent holds is named by its public half"
        raise BrokenWorldError(f"ssh-keygen did not sign: {reason}", where=str(file), mend=mend)
    return done.stdout.decode()


def _key_file(key: str, folder: Path) -> Path:
    """A file that ssh-keygen takes. A public key is written down for it: the agent holds its private half."""
    literal = key.removeprefix("key::")
    if key != literal or literal.startswith(("ssh-", "sk-ssh-", "ecdsa-", "sk-ecdsa-")):
        place = folder / "key.pub"
        place.write_text(f"{literal}\n")
        return place
    place = Path(key).expanduser()
    if not place.is_file():
        raise UsageError("there is no such key", where=key, mend="name an SSH key with --key FILE")
    return place
