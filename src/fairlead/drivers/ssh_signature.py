"""SSH signatures made with fairlead's own key, as `ssh-keygen -Y sign` makes them: Git knows how to check them.

Source: OpenSSH's PROTOCOL.sshsig, and RFC 8709 for the form of ed25519 keys and signatures.
"""

from __future__ import annotations

import base64
import hashlib

from fairlead.drivers.signatures import GIT, SSH_BEGIN
from fairlead.ports import Signer

__all__ = ["allowed_signer", "ssh_signature"]

_MAGIC, _VERSION = b"SSHSIG", 1
_KEY, _HASH = b"ssh-ed25519", b"sha512"
_WIDTH = 70


def ssh_signature(signer: Signer, data: bytes, namespace: str = GIT) -> str:
    """Armoured signature of `data` in a namespace, without a line end behind it."""
    about = _text(namespace.encode()) + _text(b"") + _text(_HASH)
    signed = bytes.fromhex(signer.sign(_MAGIC + about + _text(hashlib.sha512(data).digest())))
    blob = _MAGIC + _VERSION.to_bytes(4, "big") + _text(_public(signer)) + about
    text = base64.b64encode(blob + _text(_text(_KEY) + _text(signed))).decode()
    lines = [text[at : at + _WIDTH] for at in range(0, len(text), _WIDTH)]
    return "\n".join([SSH_BEGIN.decode(), *lines, "-----END SSH SIGNATURE-----"])


def allowed_signer(signer: Signer, mail: str) -> str:
    """The line of an allowed signers file that believes this key, for commits and tags alone.

    An approval is a signature in another namespace: with this line nobody can approve by the machine's key.
    """
    key = base64.b64encode(_public(signer)).decode()
    return f'{mail} namespaces="{GIT}" {_KEY.decode()} {key}'


def _public(signer: Signer) -> bytes:
    return _text(_KEY) + _text(bytes.fromhex(signer.public()))


def _text(data: bytes) -> bytes:
    """A string as SSH writes it: four bytes of length first."""
    return len(data).to_bytes(4, "big") + data
