"""A commit's or tag's bytes, taken apart: what was signed, by which signature, and what the signed text says.

Everything is read from the signed bytes themselves, so that nothing can be shown that was not signed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from fairlead.drivers.signatures import PGP_BEGIN, SSH_BEGIN

__all__ = ["SignedObject", "mail_of", "read_commit_object", "read_tag_object", "trailers"]

_PERSON = re.compile(r"(?P<name>[^<>\n]*)<(?P<mail>[^<>\n]*)> (?P<time>-?[0-9]{1,12}) [+-][0-9]{4}")
_TRAILER = re.compile(r"(?P<key>[A-Za-z0-9-]+)[ \t]*:[ \t]*(?P<value>\S.*?)[ \t]*")
_FOLDED = re.compile(r"[ \t]")
_BEGINS = re.compile(rb"(?m)^(" + re.escape(SSH_BEGIN) + b"|" + re.escape(PGP_BEGIN) + rb")[ \t]*\r?$")
_ENDS = re.compile(rb"\n-----END (SSH|PGP) SIGNATURE-----\s*\Z")


@dataclass(frozen=True, slots=True)
class SignedObject:
    """`author` and `signer` are e-mail addresses as written, `when` the moment at which the signer says it signed.

    `signature` is empty for an object that nobody signed. `message` is what stands in the signed bytes.
    """

    payload: bytes
    signature: bytes
    author: str
    signer: str
    when: datetime
    message: str


def read_commit_object(raw: bytes) -> SignedObject | None:
    """A raw commit. None for one that two programs might read differently: two signatures, a NUL, no UTF-8."""
    header, _, message = raw.partition(b"\n\n")
    kept, signatures, others = _take_signatures(header)
    author, committer = _field(kept, b"author "), _field(kept, b"committer ")
    if author is None or committer is None or len(signatures) > 1 or others or b"\0" in raw:
        return None
    payload = b"\n".join(kept) + b"\n\n" + message
    text = _text(message)
    signature = signatures[0] if signatures else b""
    return None if text is None else SignedObject(payload, signature, author[0], committer[0], committer[1], text)


def read_tag_object(raw: bytes) -> SignedObject | None:
    """A raw annotated tag, whose signature stands at the end of its message."""
    header, _, message = raw.partition(b"\n\n")
    tagger = _field(header.split(b"\n"), b"tagger ")
    if tagger is None or b"\0" in raw:
        return None
    begins = list(_BEGINS.finditer(message))
    if len(begins) > 1 or (begins and not _ENDS.search(message)):
        return None
    cut = begins[0].start() if begins else len(message)
    text = _text(message[:cut])
    payload = header + b"\n\n" + message[:cut]
    return None if text is None else SignedObject(payload, message[cut:], tagger[0], tagger[0], tagger[1], text)


def trailers(message: str, key: str) -> tuple[str, ...]:
    """Values of a trailer in the message's last paragraph, where all of that paragraph is trailers."""
    paragraphs = [each for each in re.split(r"\n[ \t]*\n", message.strip()) if each.strip()]
    lines = paragraphs[-1].splitlines() if len(paragraphs) > 1 else []
    found = [_TRAILER.fullmatch(line) for line in lines if not _FOLDED.match(line)]
    if not all(found):
        return ()
    return tuple(match["value"] for match in found if match and match["key"].casefold() == key.casefold())


def mail_of(person: str) -> str:
    """The address in `Name <mail>`, or the text itself where it is an address; else ''."""
    match = re.fullmatch(r"[^<>]*<([^<>\s]+@[^<>\s]+)>", person.strip())
    bare = re.fullmatch(r"[^<>\s]+@[^<>\s]+", person.strip())
    return match[1] if match else bare[0] if bare else ""


def _take_signatures(header: bytes) -> tuple[list[bytes], list[bytes], bool]:
    """The header's lines without its signature, the signatures, and whether one of another object format stands there.

    A signature is one header whose further lines begin with a space.
    """
    kept: list[bytes] = []
    signatures: list[bytes] = []
    others = inside = False
    for line in header.split(b"\n"):
        if line.startswith(b"gpgsig "):
            inside = True
            signatures.append(line[7:])
        elif inside and line.startswith(b" "):
            signatures[-1] += b"\n" + line[1:]
        else:
            inside = False
            others = others or line.startswith(b"gpgsig-")
            kept.append(line)
    return kept, signatures, others


def _field(lines: list[bytes], name: bytes) -> tuple[str, datetime] | None:
    """Address and moment of `author`, `committer` or `tagger`; None unless it stands there exactly once."""
    found = [line[len(name) :] for line in lines if line.startswith(name)]
    match = _PERSON.fullmatch(found[0].decode(errors="replace")) if len(found) == 1 else None
    if match is None:
        return None
    try:
        return match["mail"].strip(), datetime.fromtimestamp(int(match["time"]), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _text(message: bytes) -> str | None:
    try:
        return message.decode()
    except UnicodeDecodeError:
        return None
