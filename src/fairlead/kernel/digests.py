"""Digests: canonical JSON and sha256, the identity of everything that is pinned."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal

from fairlead.kernel.money import plain

__all__ = ["canonical_json", "digest_of", "sha256_hex", "sha256_stream"]


def _encode(value: object) -> str:
    if isinstance(value, Decimal):
        return plain(value)
    message = f"{type(value).__name__} has no canonical JSON form"
    raise TypeError(message)


def canonical_json(value: object) -> bytes:
    """UTF-8 JSON with sorted keys, no spaces and no NaN; a Decimal is a plain string.

    The subset of RFC 8785 that we need: strings, integers, booleans, null, lists, objects. A float is refused by
    the callers' types, since its text is not portable.
    """
    text = json.dumps(
        value,
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
        allow_nan=False,
        default=_encode,
    )
    return text.encode()


def sha256_hex(data: bytes) -> str:
    """Lower-case hex sha256 of `data`."""
    return hashlib.sha256(data).hexdigest()


def sha256_stream(chunks: Iterable[bytes]) -> tuple[str, int]:
    """Hex sha256 and length in bytes of what `chunks` yield, in constant memory."""
    state = hashlib.sha256()
    size = 0
    for chunk in chunks:
        state.update(chunk)
        size += len(chunk)
    return state.hexdigest(), size


def digest_of(value: object) -> str:
    """Hex sha256 of the canonical JSON of `value`."""
    return sha256_hex(canonical_json(value))
