"""OpenSSF model signatures, by key, by the library `model-signing`; held against a lock, so that no model is read.

The signed manifest names every file with its sha256, and so does the lock: the two lists are compared, and the
signature over the manifest is verified. Ten gigabytes take as long as ten bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from fairlead.domain.lock import Lock
from fairlead.kernel.errors import BrokenWorldError

if TYPE_CHECKING:
    from model_signing import hashing, manifest

__all__ = ["LARGEST_SIGNATURE", "SignatureRefusedError", "verify_model_signature"]

LARGEST_SIGNATURE = 16 << 20
"""Bytes of a signature that are read: a manifest of 100,000 files."""

_GIT = (".git", ".gitattributes", ".github", ".gitignore")
"""What the library leaves out of a manifest unless it is told otherwise; no part of a model."""


class SignatureRefusedError(Exception):
    """The signature does not hold, with the reason."""


def verify_model_signature(signature: bytes, name: str, lock: Lock, keys: Mapping[str, bytes]) -> str:
    """The name of the key in `keys` (PEM by name) that signed the files of `lock`; `name` is the signature's own path.

    Every file must be in the signed manifest with its digest, but for the signature and Git's own files; a signer who
    left others out has not signed this artifact. SignatureRefusedError says why it does not hold. BrokenWorldError
    where the extra `signing` is not installed.
    """
    if not keys:
        raise SignatureRefusedError("no key is believed: none is named in `policies.signatures.keys`")
    reasons: list[str] = []
    with TemporaryDirectory(prefix="fairlead-signature-") as folder:
        bundle = Path(folder) / "model.sig"
        bundle.write_bytes(signature)
        for number, (key, pem) in enumerate(keys.items()):
            place = Path(folder) / f"{number}.pem"
            place.write_bytes(pem)
            reason = _refused(bundle, place, lock, name)
            if not reason:
                return key
            reasons.append(f"{key}: {reason}")
    raise SignatureRefusedError("; ".join(reasons))


def _refused(bundle: Path, key: Path, lock: Lock, name: str) -> str:
    """Why the signature does not hold with this key; '' where it does."""
    verifying = _library()
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

    try:
        # The library prints a warning about old signatures, and standard output is ours.
        with redirect_stdout(StringIO()):
            config = verifying.Config().use_elliptic_key_verifier(public_key=key)
            config.set_hashing_config(_of_lock(lock, name)).verify(key.parent, bundle)
    except InvalidSignature:
        return "it was made with another key, or changed since"
    except (ValueError, KeyError, IndexError, TypeError, AttributeError, UnsupportedAlgorithm, RecursionError) as error:
        return _told(error)
    return ""


def _told(error: Exception) -> str:
    if not isinstance(error, ValueError):
        return "it is not of the form of an OpenSSF model signature"
    return str(error).partition("\n")[0][:300]


def _library() -> Any:  # noqa: ANN401 - a module
    try:
        from model_signing import verifying
    except ModuleNotFoundError as error:
        raise BrokenWorldError(
            f"model signatures cannot be verified: {error.name} is not installed",
            mend="pip install 'fairlead[signing]'",
        ) from error
    return verifying


def _of_lock(lock: Lock, name: str) -> hashing.Config:
    """A hashing configuration that takes the digests from the lock instead of reading files."""
    from model_signing import hashing

    class Locked(hashing.Config):
        """The lock's files, as the library would have hashed them."""

        def hash(self, *_: object, **__: object) -> manifest.Manifest:
            """The manifest, without the signature itself and Git's own files."""
            return _manifest(lock, name)

        def add_ignored_paths(self, *_: object, **__: object) -> None:
            """What a signer left out stays in: it was not signed."""

    made: hashing.Config = Locked()  # type: ignore[no-untyped-call]  # the library types its methods only in part
    return made


def _manifest(lock: Lock, name: str) -> manifest.Manifest:
    from model_signing import manifest

    form = {"method": "files", "hash_type": "sha256", "allow_symlinks": False}
    kind = manifest.SerializationType.from_args(form)
    kept = [each for each in lock.files if each.path != name and each.path.partition("/")[0] not in _GIT]
    items = [kind.new_item(each.path, _digest(each.sha256)) for each in kept]
    return manifest.Manifest("model", items, kind)


def _digest(sha256: str) -> Any:  # noqa: ANN401 - the library does not show this class
    from model_signing._hashing.hashing import Digest

    return Digest("sha256", bytes.fromhex(sha256))
