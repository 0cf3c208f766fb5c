"""Archives that are read in two ways; written without having seen the scanner."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable

from tests.corpus.assemble import call, text, torch_object
from tests.corpus.case import Case
from tests.corpus.pack import patched, tar, torch_zip, zipped

_BAD = torch_object(extra=call("posix", "system", text("true")))
_GOOD = torch_object()
_NAME = b"archive/data.pkl"
_END = b"PK\x05\x06"


def _bent(name: str, attack: Callable[[], bytes], benign: Callable[[], bytes], path: str = "model.pt") -> Case:
    """A case whose attack is a bent archive."""
    return Case(f"blind archive: {name}", path, attack, benign)


def _zip_of(data: bytes, *, comment: bytes = b"", extra: bytes = b"", mode: int = 0, name: str = "") -> bytes:
    """A torch archive with one more member, whose record is as told."""
    buffer = io.BytesIO(torch_zip())
    with zipfile.ZipFile(buffer, "a") as archive:
        info = zipfile.ZipInfo(name or "archive/extra/readme.txt")
        info.extra, info.external_attr = extra, mode << 16
        archive.writestr(info, data)
        archive.comment = comment
    return buffer.getvalue()


def _unicode_path(name: str) -> bytes:
    """The extra field that gives a member another name."""
    crc = zlib.crc32(b"archive/extra/readme.txt")
    return struct.pack("<HHBL", 0x7075, 5 + len(name), 1, crc) + name.encode()


def _directory(data: bytes) -> tuple[bytes, bytes, int]:
    """Local entries, central directory and number of members of a plain archive."""
    end = data.rindex(_END)
    count, size, start = struct.unpack("<HII", data[end + 10 : end + 20])
    return data[:start], data[start : start + size], count


def _two_directories(first: bytes, last: bytes) -> bytes:
    """The zip64 record leads to the directory of `first`, the old record to that of `last`; entries lie in one file."""
    entries, shown, count = _directory(first)
    others, hidden, _ = _directory(last)
    at = 0
    while at < len(hidden):
        name, extra, remark = struct.unpack("<3H", hidden[at + 28 : at + 34])
        offset = struct.unpack("<I", hidden[at + 42 : at + 46])[0] + len(entries)
        hidden = hidden[: at + 42] + struct.pack("<I", offset) + hidden[at + 46 :]
        at += 46 + name + extra + remark
    start = len(entries) + len(others)
    new = start + len(hidden) + len(shown)
    wide = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, count, count, len(shown), start + len(hidden))
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, new, 1)
    old = struct.pack("<4sHHHHIIH", _END, 0, 0, count, count, len(hidden), start, 0)
    return entries + others + hidden + shown + wide + locator + old


def _flagged(data: bytes, bit: int) -> bytes:
    """The same, with a bit set in the flags of the pickle's central record."""
    at = data.rindex(_NAME) - 46 + 8
    return data[:at] + bytes([data[at] | bit]) + data[at + 1 :]


def _checksum(data: bytes) -> bytes:
    """The same, with a wrong checksum in the pickle's central record."""
    at = data.rindex(_NAME) - 46 + 16
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _shared_entry(*, shared: bool) -> bytes:
    """Two members; both central records lead to the first's data where it is shared."""
    data = zipped({"a.bin": b"\x00" * 64, "b.bin": b"\x00" * 64})
    at = data.rindex(b"b.bin") - 4
    return data[:at] + b"\x00\x00\x00\x00" + data[at + 4 :] if shared else data


def _unlisted(*, listed: bool) -> bytes:
    """A member of a torch archive that the directory names, or does not."""
    whole = torch_zip(**{"more.pkl": _GOOD if listed else _BAD})
    if listed:
        return whole
    entries, central, count = _directory(whole)
    kept = central[: central.rindex(b"PK\x01\x02")]
    return entries + kept + struct.pack("<4sHHHHIIH", _END, 0, 0, count - 1, count - 1, len(kept), len(entries), 0)


def _tar_of(*members: tuple[tarfile.TarInfo, bytes]) -> bytes:
    """A tar archive of given records."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, data in members:
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def _info(name: str, *, kind: bytes = tarfile.REGTYPE, link: str = "", **pax: str) -> tarfile.TarInfo:
    """A record of a tar archive."""
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.pax_headers = kind, link, pax
    return info


CASES = [
    _bent("a 7z archive named as torch's", lambda: b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(24) + _BAD, torch_zip),
    _bent("a pickle in front of a zip", lambda: _BAD + torch_zip(), torch_zip),
    _bent(
        "one archive in another's comment",
        lambda: _zip_of(b"x", comment=torch_zip(_BAD)),
        lambda: _zip_of(b"x", comment=b"trained on Monday"),
    ),
    _bent("a zip64 record to another directory", lambda: _two_directories(torch_zip(_BAD), torch_zip()), torch_zip),
    _bent("encrypted, says one bit", lambda: _flagged(torch_zip(_BAD), 1), torch_zip),
    _bent("patched data, says one bit", lambda: _flagged(torch_zip(_BAD), 0x20), torch_zip),
    _bent("a wrong checksum", lambda: _checksum(torch_zip(_BAD)), torch_zip),
    _bent("two names of one member", lambda: patched(torch_zip(_BAD), _NAME, b"archive/data.txt"), torch_zip),
    _bent(
        "a name in the extra field",
        lambda: _zip_of(_BAD, extra=_unicode_path("archive/x.pkl")),
        lambda: _zip_of(b"x", extra=_unicode_path("archive/extra/readme.txt")),
    ),
    _bent(
        "a name with the other slash",
        lambda: _zip_of(b"x", name="archive\\..\\..\\x"),
        lambda: _zip_of(b"x", name="archive/x"),
    ),
    _bent(
        "a link within", lambda: _zip_of(b"/etc/passwd", mode=0o120777), lambda: _zip_of(b"/etc/passwd", mode=0o100644)
    ),
    _bent(
        "members over one another", lambda: _shared_entry(shared=True), lambda: _shared_entry(shared=False), "data.zip"
    ),
    _bent("a member without a record", lambda: _unlisted(listed=False), lambda: _unlisted(listed=True)),
    _bent("bytes behind the end", lambda: torch_zip() + _BAD, torch_zip),
    _bent(
        "two members that differ in case",
        lambda: torch_zip(**{"DATA.PKL": _BAD}),
        lambda: torch_zip(**{"DATA.PKL": _GOOD}),
    ),
]
_FIRST = (_info("a.bin"), b"\x00" * 8)
CASES += [
    _bent(name, lambda bad=bad: _tar_of(_FIRST, bad), lambda good=good: _tar_of(_FIRST, good), "model.tar")  # type: ignore[misc]
    for name, bad, good in [
        (
            "a hard link out of a tar",
            (_info("b.bin", kind=tarfile.LNKTYPE, link="/etc/passwd"), b""),
            (_info("b.bin", kind=tarfile.LNKTYPE, link="a.bin"), b""),
        ),
        (
            "a link that climbs within a tar",
            (_info("d/b.bin", kind=tarfile.SYMTYPE, link="../../a.bin"), b""),
            (_info("d/b.bin", kind=tarfile.SYMTYPE, link="../a.bin"), b""),
        ),
        ("a pipe in a tar", (_info("b.bin", kind=tarfile.FIFOTYPE), b""), (_info("b.bin"), b"")),
        (
            "a path in a tar's extension",
            (_info("b.bin", path="../../b.bin"), b"x"),
            (_info("b.bin", path="c/" + "d" * 120 + "/b.bin"), b"x"),
        ),
    ]
]
CASES.append(
    _bent(
        "a second tar behind the first's end",
        lambda: tar({"a.bin": bytes(8)}) + tar({"b.pkl": _BAD}),
        lambda: tar({"a.bin": bytes(8)}) + bytes(10240),
        "model.tar",
    )
)
