"""Who signed these bytes: SSH signatures by `ssh-keygen`, OpenPGP ones by `gpg`, against keys that we were handed.

Nothing of this machine is believed: neither its Git configuration nor its user's keyring or agent. The keys come from
the rules that hold, and every question has a time limit. What cannot be proven is None.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from fairlead.kernel.errors import BrokenWorldError

__all__ = ["GIT", "NOTES", "PGP_BEGIN", "SKEW", "SSH_BEGIN", "SignatureChecker", "Signed", "signature_checker"]

GIT, NOTES = "git", "fairlead"
"""Namespaces of SSH signatures: Git's own for commits and tags, ours for notes."""

SSH_BEGIN = b"-----BEGIN SSH SIGNATURE-----"
PGP_BEGIN = b"-----BEGIN PGP SIGNATURE-----"

SKEW = timedelta(minutes=5)
"""How far a clock may run before ours; what claims to be signed later than that is not believed."""

_SECONDS = 20.0
_LARGEST = 16 << 20
_VALID_WORDS = 12
"""Words of gpg's VALIDSIG line: fingerprint third, moment fifth, the primary key's fingerprint last."""

_GOOD = re.compile(r'^Good "(?P<namespace>[^"]*)" signature for .* with \S+ key (?P<key>SHA256:\S+)$', re.MULTILINE)
_MAIL = re.compile(r"<([^<>\s]+@[^<>\s]+)>|^([^<>\s]+@[^<>\s]+)$")


@dataclass(frozen=True, slots=True)
class Signed:
    """`principals` are the e-mail addresses that the keys' list gives to the key; `key` is its fingerprint."""

    principals: tuple[str, ...]
    key: str

    def as_one_of(self, claimed: Iterable[str]) -> str:
        """The principal that the signer claims to be, where the key is theirs; else the key's first one."""
        wanted = {each.casefold() for each in claimed}
        return next((each for each in self.principals if each.casefold() in wanted), self.principals[0])


@contextmanager
def signature_checker(allowed: str, keyring: str = "") -> Iterator[SignatureChecker]:
    """A checker over an allowed signers file's text and armoured public GPG keys, in a folder of its own.

    BrokenWorldError where the keyring cannot be read, or where a program that is needed is not there.
    """
    with TemporaryDirectory(prefix="fairlead-keys-") as folder:
        checker = SignatureChecker(Path(folder), allowed, keyring)
        try:
            yield checker
        finally:
            checker.close()


class SignatureChecker:
    """Verifies signatures. Made by `signature_checker`, which removes the folder."""

    def __init__(self, folder: Path, allowed: str, keyring: str) -> None:
        """Write the keys down; nothing is read from elsewhere."""
        self._folder = folder
        self._allowed = folder / "allowed_signers"
        self._allowed.write_text(allowed, "utf-8")
        self._gpg = bool(keyring.strip())
        # Times in an allowed signers file without a zone are local: here they are UTC, wherever this runs.
        self._environ = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC", "HOME": str(folder)}
        if self._gpg:
            self._environ["GNUPGHOME"] = str(folder / "gnupg")
            (folder / "gnupg").mkdir(mode=0o700)
            code, _, error = self._run([*_GPG, "--import"], keyring.encode())
            if code:
                mend = "write the signers' public keys, armoured (`gpg --armor --export`)"
                raise BrokenWorldError(f"the keyring cannot be read: {_last(error)}", mend=mend)

    def close(self) -> None:
        """End the agents that gpg starts for its folder."""
        if self._gpg:
            self._run(["gpgconf", "--kill", "all"], b"")

    def signer(self, payload: bytes, signature: bytes, when: datetime, namespace: str) -> Signed | None:
        """Whose signature of `payload` this is, by a key that was valid at `when`; None where that is not proven."""
        if len(payload) > _LARGEST or len(signature) > _LARGEST:
            return None
        text = signature.strip()
        if text.startswith(SSH_BEGIN):
            return self._ssh(payload, text + b"\n", when, namespace)
        if text.startswith(PGP_BEGIN) and self._gpg and namespace == GIT:
            return self._openpgp(payload, text + b"\n", when)
        return None

    def _ssh(self, payload: bytes, signature: bytes, when: datetime, namespace: str) -> Signed | None:
        place = self._folder / "signature"
        place.write_bytes(signature)
        common = ["-s", str(place), "-f", str(self._allowed), f"-Overify-time={when.astimezone(UTC):%Y%m%d%H%M%S}"]
        code, output, _ = self._run(["ssh-keygen", "-Y", "find-principals", *common], b"")
        if code:
            return None
        found = [name for line in output.splitlines() for name in line.strip().split(",")]
        good: list[str] = []
        key = ""
        for name in dict.fromkeys(each for each in found if _is_literal(each)):
            asked = ["ssh-keygen", "-Y", "verify", *common, "-I", name, "-n", namespace]
            code, output, _ = self._run(asked, payload)
            match = _GOOD.search(output)
            if code == 0 and match is not None and match["namespace"] == namespace:
                good.append(name)
                key = match["key"]
        return Signed(tuple(good), key) if good else None

    def _openpgp(self, payload: bytes, signature: bytes, when: datetime) -> Signed | None:
        place = self._folder / "signature"
        place.write_bytes(signature)
        code, output, _ = self._run([*_GPG, "--verify", str(place), "-"], payload)
        status = [line.split() for line in output.splitlines() if line.startswith("[GNUPG:] ")]
        key = _valid_key(status, code, when)
        if not key:
            return None
        _, listed, _ = self._run([*_GPG, "--with-colons", "--list-keys", key], b"")
        users = [line.split(":") for line in listed.splitlines() if line.startswith("uid:")]
        mails = [match[1] or match[2] for each in users if each[1] != "r" and (match := _MAIL.search(each[9]))]
        return Signed(tuple(dict.fromkeys(mails)), key) if mails else None

    def _run(self, command: Sequence[str], data: bytes) -> tuple[int, str, str]:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environ,
                cwd=self._folder,
                start_new_session=True,
            )
        except FileNotFoundError as error:
            mend = "install OpenSSH 8.9 or newer" if command[0] == "ssh-keygen" else "install GnuPG 2.2 or newer"
            raise BrokenWorldError(f"the program `{command[0]}` is not found", mend=mend) from error
        try:
            output, told = process.communicate(data, timeout=_SECONDS)
        except subprocess.TimeoutExpired as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            raise BrokenWorldError(f"`{command[0]}` gave no answer within {_SECONDS:g} s", mend="try again") from error
        return process.returncode, output.decode(errors="replace"), told.decode(errors="replace")


_GPG = (
    "gpg", "--batch", "--no-tty", "--no-options", "--quiet", "--status-fd", "1", "--trust-model", "always",
    "--no-auto-key-retrieve", "--no-auto-key-locate", "--disable-dirmngr",
)  # fmt: skip


def _is_literal(principal: str) -> bool:
    """A pattern names nobody: whoever holds such a key could be anybody."""
    return bool(principal) and not set(principal) & set("*?!") and not principal.startswith("-")


def _valid_key(status: Sequence[Sequence[str]], code: int, when: datetime) -> str:
    """Fingerprint of the primary key behind one good signature; '' where gpg says anything against it.

    A key that has expired since is believed for what it signed before; its own word for when must agree with `when`.
    """
    words = [line[1] for line in status if len(line) > 1]
    valid = [line for line in status if len(line) >= _VALID_WORDS and line[1] == "VALIDSIG"]
    if len(valid) != 1 or words.count("NEWSIG") != 1 or set(words) & {"BADSIG", "ERRSIG", "REVKEYSIG", "EXPSIG"}:
        return ""
    try:
        signed = datetime.fromtimestamp(int(valid[0][4]), UTC)
        ends = [datetime.fromtimestamp(int(line[2]), UTC) for line in status if line[1:2] == ["KEYEXPIRED"]]
    except (ValueError, OverflowError, OSError):
        return ""
    if abs(signed - when) > SKEW:
        return ""
    if "EXPKEYSIG" in words:
        return valid[0][-1] if ends and min(ends) > signed else ""
    return valid[0][-1] if code == 0 and "GOODSIG" in words else ""


def _last(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason was given"
