"""The workspace's ed25519 key: made at first use, kept in the state folder, readable by its owner alone.

The library comes when something is signed or verified: most commands do neither.
"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.kernel.errors import BrokenWorldError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

__all__ = ["SIGNING_KEY", "KeyFile", "signature_holds"]

SIGNING_KEY = "signing.key"
"""Name of the key's file in the state folder: 32 bytes in hex."""


class KeyFile:
    """Signer over a file that holds the private key."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def sign(self, data: bytes) -> str:
        """Signature in hex."""
        return self._key.sign(data).hex()

    def public(self) -> str:
        """Public key in hex."""
        return self._key.public_key().public_bytes_raw().hex()

    @cached_property
    def _key(self) -> Ed25519PrivateKey:
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        if not self._path.exists():
            _make(self._path)
        try:
            return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(self._path.read_text("ascii").strip()))
        except (OSError, ValueError) as error:
            raise BrokenWorldError(
                "the signing key cannot be read",
                where=str(self._path),
                mend="restore it from a backup; without it the journal cannot be signed on",
            ) from error


def signature_holds(public: str, data: bytes, signature: str) -> bool:
    """Whether `signature` (hex) of `data` was made with the private half of `public` (hex); no hex is False."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public)).verify(bytes.fromhex(signature), data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _make(path: Path) -> None:
    """Write a new key whole; of two processes that do so at once, the first one's stays."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    key = Ed25519PrivateKey.generate().private_bytes_raw().hex()
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{key}\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, path)
    except FileExistsError:
        return
    finally:
        part.unlink()
