"""Archives that two readers read differently, that grow, climb or hide; and torch's files among them."""

from __future__ import annotations

import gzip
import io
import pickle
import struct
import zipfile
from collections import OrderedDict
from functools import partial

from tests.corpus.assemble import STOP, call, glob, integer, proto, text, torch_object
from tests.corpus.case import Case
from tests.corpus.pack import patched, tar, torch_zip, zipped

IMPORT, HIDDEN, MISMATCH = "scan/pickle-import", "scan/archive-hidden", "scan/archive-mismatch"
PATH, DISGUISED = "scan/archive-path", "scan/disguised"
EVIL = call("os", "system", text("true"))
SHELL = proto(2) + EVIL + STOP
HONEST = pickle.dumps(OrderedDict(layer=[0.5]), protocol=2)
MAGIC = proto(2) + b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."


def legacy(pickle_of_object: bytes, behind: bytes = b"", items: int = 4) -> bytes:
    """The format of torch before zip: five pickles, and the numbers."""
    system = pickle.dumps({"protocol_version": 1001, "little_endian": True}, protocol=2)
    keys = pickle.dumps(["0"], protocol=2)
    storage = struct.pack("<q", items) + b"\x00" * 4 * items
    return MAGIC + pickle.dumps(1001, protocol=2) + system + pickle_of_object + keys + storage + behind


def nest(data: bytes, depth: int) -> bytes:
    """Archives within archives."""
    for _ in range(depth):
        data = zipped({"inner.zip": data})
    return data


def bomb(size: int) -> bytes:
    """Zeros, well packed, thrice within one another."""
    data = zipped({"zeros": b"\x00" * size}, packed=True)
    return zipped({f"{number}.zip": data for number in range(80)}, packed=True)


def linked() -> bytes:
    """A zip archive with a symbolic link."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo("weights.bin")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return buffer.getvalue()


def encrypted(data: bytes) -> bytes:
    """Says that its first file is encrypted, in both places; torch reads it all the same."""
    data = patched(data, b"PK\x03\x04\x14\x00\x00\x00", b"PK\x03\x04\x14\x00\x01\x00")
    return patched(data, b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")


def squeezed(data: bytes, extra: bytes) -> bytes:
    """Bytes between two files of a zip archive, with every offset mended."""
    first = data.index(b"PK\x03\x04", 4)
    moved = data[:first] + extra + data[first:]
    end = moved.rindex(b"PK\x05\x06")
    (begin,) = struct.unpack_from("<I", moved, end + 16)
    out = bytearray(moved)
    struct.pack_into("<I", out, end + 16, begin + len(extra))
    at = begin + len(extra)
    while out[at : at + 4] == b"PK\x01\x02":
        (offset,) = struct.unpack_from("<I", out, at + 42)
        struct.pack_into("<I", out, at + 42, offset + (len(extra) if offset >= first else 0))
        at += 46 + sum(struct.unpack_from("<3H", out, at + 28))
    return bytes(out)


def wrong_checksum(data: bytes) -> bytes:
    """One byte of the numbers changed; torch does not look."""
    return patched(data, b"\x00\x00\x80?", b"\x00\x00\x80@")


def script() -> bytes:
    """An object of a class that the archive brings its code for."""
    return proto(2) + glob("__torch__", "Model") + b")\x81}" + b"b" + STOP


TORCH = [
    Case("torch: call in data.pkl", "m.pt", lambda: torch_zip(torch_object(extra=EVIL)), torch_zip, IMPORT),
    Case(
        "torch: pickle under another name",
        "m.pth",
        lambda: torch_zip(**{"notes.txt": SHELL}),
        lambda: torch_zip(**{"notes.txt": b"cut\n"}),
        IMPORT,
    ),
    Case(
        "torch: pickle among the numbers",
        "m.bin",
        lambda: torch_zip(**{"data/1": SHELL}),
        lambda: torch_zip(**{"data/1": b"\x80\x02" * 64}),
        IMPORT,
    ),
    Case("torch: script with code", "m.pt", lambda: torch_zip(script()), torch_zip, IMPORT),
    Case("torch: wrong checksum", "m.pt", lambda: wrong_checksum(torch_zip()), torch_zip, "scan/archive-broken"),
    Case("torch: encrypted by its flags", "m.pt", lambda: encrypted(torch_zip()), torch_zip, "scan/archive-encrypted"),
    Case("torch: legacy", "m.ckpt", lambda: legacy(torch_object(extra=EVIL)), lambda: legacy(torch_object()), IMPORT),
    Case(
        "torch: legacy, pickle behind the numbers",
        "m.pth",
        lambda: legacy(torch_object(), SHELL),
        lambda: legacy(torch_object()),
        "scan/pickle-rest",
    ),
    Case(
        "torch: legacy, numbers cut off",
        "m.pth",
        lambda: legacy(torch_object())[:-4],
        lambda: legacy(torch_object()),
        "scan/pickle-broken",
    ),
    Case(
        "torch: legacy, another class of storage",
        "m.pth",
        lambda: legacy(torch_object(storage="Tensor")),
        lambda: legacy(torch_object()),
        "scan/pickle-persistent",
    ),
    Case(
        "torch: legacy in a tar archive",
        "m.pt",
        lambda: tar({"sys_info": HONEST, "pickle": SHELL}),
        lambda: tar({"sys_info": HONEST, "pickle": HONEST}),
        IMPORT,
    ),
]
ZIPS = [
    Case(
        "zip: two names for one file",
        "m.zip",
        lambda: patched(zipped({"safe.txt": b"hello", "b": b""}), b"safe.txt", b"evil.pkl"),
        lambda: zipped({"safe.txt": b"hello", "b": b""}),
        MISMATCH,
    ),
    Case(
        "zip: one name for two files",
        "m.zip",
        lambda: zipped({"data.pkl": HONEST}, twice={"data.pkl": HONEST}),
        lambda: zipped({"data.pkl": HONEST, "more.pkl": HONEST}),
        MISMATCH,
    ),
    Case(
        "zip: bytes between its files",
        "m.pt",
        lambda: squeezed(torch_zip(), SHELL),
        lambda: squeezed(torch_zip(), b""),
        HIDDEN,
    ),
    Case("zip: bytes before its files", "m.zip", lambda: SHELL + zipped({"a": b"a"}), lambda: zipped({"a": b"a"})),
    Case(
        "zip: bytes behind its end", "m.zip", lambda: zipped({"a": b"a"}) + SHELL, lambda: zipped({"a": b"a"}), HIDDEN
    ),
    Case(
        "zip: directory cut off",
        "m.zip",
        lambda: zipped({"a": b"a"})[:-10],
        lambda: zipped({"a": b"a"}),
        "scan/archive-broken",
    ),
    Case(
        "zip: fewer files than there are",
        "m.zip",
        lambda: patched(zipped({"a": b"a", "b": b"b"}), b"\x02\x00\x02\x00", b"\x01\x00\x01\x00", last=True),
        lambda: zipped({"a": b"a", "b": b"b"}),
        MISMATCH,
    ),
    Case(
        "zip: method that nobody reads",
        "m.zip",
        lambda: zipped({"a": b"a"}).replace(b"\x14\x00\x00\x00\x00\x00", b"\x14\x00\x00\x00\x63\x00"),
        lambda: zipped({"a": b"a"}),
        "scan/cannot-tell",
    ),
    Case(
        "zip: name that climbs",
        "m.zip",
        lambda: zipped({"../../evil.bin": b"a"}),
        lambda: zipped({"deep/good.bin": b"a"}),
        PATH,
    ),
    Case(
        "zip: absolute name",
        "m.zip",
        lambda: zipped({"/etc/evil.bin": b"a"}),
        lambda: zipped({"etc/good.bin": b"a"}),
        PATH,
    ),
    Case("zip: link", "m.zip", linked, lambda: zipped({"weights.bin": b"/etc/passwd"}), PATH),
    Case(
        "zip: in zip in zip",
        "m.zip",
        lambda: nest(zipped({"m.pkl": SHELL}), 3),
        lambda: nest(zipped({"m.pkl": HONEST}), 3),
        IMPORT,
    ),
    Case(
        "zip: too deep to open",
        "m.zip",
        lambda: nest(zipped({"m.pkl": HONEST}), 7),
        lambda: nest(zipped({"m.pkl": HONEST}), 3),
        "scan/archive-depth",
    ),
    Case("zip: bomb", "m.zip", lambda: bomb(16 << 20), lambda: bomb(1 << 16), "scan/archive-bomb"),
    Case(
        "zip: 7z in its place",
        "m.zip",
        lambda: b"7z\xbc\xaf\x27\x1c\x00\x04" + SHELL,
        lambda: zipped({"a": b"a"}),
        "scan/cannot-tell",
    ),
    Case(
        "zip: 7z within",
        "m.pt",
        lambda: torch_zip(**{"data.7z": b"7z\xbc\xaf\x27\x1c\x00\x04"}),
        lambda: torch_zip(**{"data.txt": b"7z"}),
        "scan/cannot-tell",
    ),
    Case(
        "zip: behind a text",
        "README.md",
        lambda: b"# Weights\n" + zipped({"m.pkl": HONEST}),
        lambda: b"# Weights\nPK\x05\x06 is a zip's end",
        "scan/polyglot",
    ),
]
TARS = [
    Case("tar: pickle within", "m.tar", lambda: tar({"m.pkl": SHELL}), lambda: tar({"m.pkl": HONEST}), IMPORT),
    Case(
        "tar: pickle within, packed",
        "m.tgz",
        lambda: tar({"m.pkl": SHELL}, mode="w:gz"),
        lambda: tar({"m.pkl": HONEST}, mode="w:gz"),
        IMPORT,
    ),
    Case(
        "tar: pickle within, called .nemo",
        "m.nemo",
        lambda: tar({"w.ckpt": torch_zip(SHELL)}),
        lambda: tar({"w.ckpt": torch_zip()}),
        IMPORT,
    ),
    Case("tar: name that climbs", "m.tar", lambda: tar({"../evil": b"a"}), lambda: tar({"good": b"a"}), PATH),
    Case(
        "tar: long name that climbs",
        "m.tar",
        lambda: tar({"a/" * 80 + "../evil": b"a"}),
        lambda: tar({"a/" * 80 + "good": b"a"}),
        PATH,
    ),
    Case("tar: link", "m.tar", lambda: tar({"a": b"a"}, links={"b": "/etc/passwd"}), lambda: tar({"a": b"a"}), PATH),
    Case(
        "tar: bytes behind its end",
        "m.tar",
        lambda: tar({"a": b"a"}) + tar({"m.pkl": SHELL}),
        lambda: tar({"a": b"a"}),
        HIDDEN,
    ),
    Case(
        "tar: wrong checksum",
        "m.tar",
        lambda: patched(tar({"a": b"a", "b": b"b"}), b"b\x00", b"c\x00"),
        lambda: tar({"a": b"a", "b": b"b"}),
        "scan/archive-broken",
    ),
    Case(
        "tar: name with a line's end, which is a pickle",
        "m.tar",
        lambda: tar({"cos\nsystem\n(S'true'\ntR.": b"a"}),
        lambda: tar({"cossystem": b"a"}),
        DISGUISED,
    ),
]
NAMES = [
    Case(f"name: pickle called {name}", name, lambda: SHELL, lambda: HONEST, DISGUISED, twin_path="model.pkl")
    for name in ("model.safetensors", "config.json", "model.onnx", "model.gguf", "model.h5", "saved_model.pb", "a.npy")
]
NAMES += [
    Case(
        f"name: pickle in text called {name}",
        name,
        lambda: b"cos\nsystem\n(S'true'\ntR.",
        partial(bytes, twin),
        DISGUISED,
    )
    for name, twin in {
        "config.json": b"{}",
        "chat.jinja": b"cos(x)\nsystem\n",
        "tokenizer.json": b'{"c": "os"}',
    }.items()
]
NAMES += [
    Case(
        "name: pickle in numbers of another notation",
        "notes.txt",
        lambda: b"I0x10\n0I 7\n0cos\nsystem\n(S'true'\ntR.",
        lambda: b"I0x10\nI am a text",
        IMPORT,
    ),
    Case(
        "name: pickle that ends with its call",
        "notes.txt",
        lambda: b"(S'true'\nios\nsystemX",
        lambda: b"(S'true'\nis it\ntrue",
        IMPORT,
    ),
    Case("name: pickle without one", "weights", lambda: SHELL, lambda: HONEST, IMPORT),
    Case(
        "name: pickle called .txt",
        "notes.txt",
        lambda: b"cos\nsystem\n(S'true'\ntR.",
        lambda: b"cosine\nsystem\n(S'true'\n",
        IMPORT,
    ),
    Case(
        "name: pickle behind 100 KB of text",
        "notes.txt",
        lambda: b"S'" + b"a" * 60_000 + b"'\n0" + b"S'" + b"b" * 60_000 + b"'\n0" + SHELL,
        lambda: b"S'" + b"a" * 60_000 + b"'\n" + b"text " * 20_000,
        IMPORT,
    ),
    Case(
        "name: packed pickle called .safetensors",
        "m.safetensors",
        lambda: gzip.compress(SHELL),
        lambda: gzip.compress(HONEST),
        DISGUISED,
        twin_path="m.pkl.gz",
    ),
    Case(
        "name: upper case",
        "MODEL.PKL",
        lambda: b"cos\nsystem\n(S'true'\ntR.",
        lambda: b"(lp0\n" + integer(1) + b"a.",
        IMPORT,
    ),
]
CASES = [*TORCH, *ZIPS, *TARS, *NAMES]
