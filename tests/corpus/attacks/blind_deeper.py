"""A second look, at what honest names can be made to do; written without having seen the scanner."""

from __future__ import annotations

import io
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable

from tests.corpus.assemble import STOP, call, glob, integer, many, proto, raw, stack_glob, text, torch_object
from tests.corpus.case import Case
from tests.corpus.pack import tar, torch_zip

_BAD = torch_object(extra=call("posix", "system", text("true")))
_GOOD = torch_object()
_EVIL = proto(4) + call("posix", "system", text("true")) + STOP


def _state(value: bytes) -> bytes:
    """A dictionary with one entry, which is `value`."""
    return proto(4) + b"}" + text("model") + value + b"s" + STOP


def _swap(name: str, attack: bytes, benign: bytes) -> Case:
    """A case whose files differ in one value of a dictionary."""
    return Case(f"blind deeper: {name}", "model.pkl", lambda: _state(attack), lambda: _state(benign))


def _pair(name: str, path: str, made: Callable[[bytes], bytes]) -> Case:
    """A case whose files differ in the pickle within."""
    return Case(f"blind deeper: {name}", path, lambda: made(_BAD), lambda: made(_GOOD))


def _wrapper(numbers: bytes, count: int, *, aligned: bool, after: bytes = b"N") -> bytes:
    """An array as joblib writes it: a wrapper, perhaps a pad, and its numbers amid the opcodes."""
    kind = call("numpy", "dtype", text("f8"), b"\x89", b"\x88")
    kind += many(b"K\x03", text("<"), b"N", b"N", b"N", integer(-1), integer(-1), b"K\x00") + b"b"
    facts = {"subclass": glob("numpy", "ndarray"), "shape": many(integer(count)), "order": text("C"), "dtype": kind}
    facts["allow_mmap"] = b"\x88"
    if aligned:
        facts["numpy_array_alignment_bytes"] = b"K\x10"
    state = b"}(" + b"".join(text(name) + value for name, value in facts.items()) + b"u"
    head = proto(4) + b"]" + glob("joblib.numpy_pickle", "NumpyArrayWrapper") + b")\x81" + state + b"b"
    pad = (16 - (len(head) + 1) % 16) if aligned else 0
    filler = bytes([pad]) + b"\xff" * pad if aligned else b""
    return head + filler + numbers + b"a" + after + b"a" + STOP


def _method(data: bytes, method: int) -> bytes:
    """A torch archive packed by another method."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr(zipfile.ZipInfo("archive/data.pkl"), data, method)
    return buffer.getvalue()


def _zfile(data: bytes) -> bytes:
    """What joblib wrote, packed, before 0.10; it reads it still."""
    return b"ZF" + hex(len(data)).encode().ljust(19) + zlib.compress(data)


def _gzipped(data: bytes) -> bytes:
    """A gzip file with an extra field, a name, a remark and a checksum of its header."""
    head = b"\x1f\x8b\x08\x1e" + bytes(4) + b"\x00\xff" + struct.pack("<H", 4) + b"abcd" + b"notes.txt\x00of today\x00"
    packed = zlib.compressobj(wbits=-15)
    body = packed.compress(data) + packed.flush()
    return head + struct.pack("<H", zlib.crc32(head) & 0xFFFF) + body + struct.pack("<II", zlib.crc32(data), len(data))


_CALL = b"0" + call("posix", "system", text("true"))
_EIGHT = _CALL + b"N" * (-len(_CALL) % 8)
_PLAIN = struct.pack(f"<{len(_EIGHT) // 8}d", *[1.5] * (len(_EIGHT) // 8))


CASES = [
    _swap(
        "a computed module",
        call("_codecs", "encode", text("cbfvk"), text("rot13")) + text("system") + b"\x93",
        call("_codecs", "encode", text("cbfvk"), text("latin1")),
    ),
    _swap(
        "a factory that runs later",
        call("collections", "defaultdict", glob("posix", "getpid")),
        call("collections", "defaultdict", glob("builtins", "list")),
    ),
    _swap(
        "an honest name from a module beside",
        stack_glob("collections.abc", "sys") + b"0N",
        stack_glob("collections", "deque") + b"0N",
    ),
    _swap(
        "a numpy array of another class",
        call("numpy.core.multiarray", "_reconstruct", glob("subprocess", "Popen"), many(integer(0)), raw(b"b")),
        call("numpy.core.multiarray", "_reconstruct", glob("numpy", "ndarray"), many(integer(0)), raw(b"b")),
    ),
    Case(
        "blind deeper: a storage of another kind",
        "model.pt",
        lambda: torch_zip(_GOOD.replace(glob("torch", "FloatStorage"), glob("builtins", "exec"))),
        torch_zip,
    ),
    Case(
        "blind deeper: an array's numbers that are opcodes to pickle",
        "model.pkl",
        lambda: _wrapper(_EIGHT, len(_EIGHT) // 8, aligned=False),
        lambda: _wrapper(_PLAIN, len(_EIGHT) // 8, aligned=False),
    ),
    Case(
        "blind deeper: a call behind an array that is not aligned",
        "model.joblib",
        lambda: _wrapper(_PLAIN, len(_PLAIN) // 8, aligned=False, after=_CALL[1:]),
        lambda: _wrapper(_PLAIN, len(_PLAIN) // 8, aligned=False),
    ),
    Case(
        "blind deeper: a call behind an array that is aligned",
        "model.joblib",
        lambda: _wrapper(_PLAIN, len(_PLAIN) // 8, aligned=True, after=_CALL[1:]),
        lambda: _wrapper(_PLAIN, len(_PLAIN) // 8, aligned=True),
    ),
    Case(
        "blind deeper: an array that is smaller than its numbers",
        "model.joblib",
        lambda: _wrapper(_EIGHT, 0, aligned=True),
        lambda: _wrapper(b"", 0, aligned=True),
    ),
    _pair("packed by LZMA in a zip", "model.pt", lambda data: _method(data, zipfile.ZIP_LZMA)),
    _pair("packed by bzip2 in a zip", "model.pt", lambda data: _method(data, zipfile.ZIP_BZIP2)),
    _pair("packed by joblib of old", "model.pkl", _zfile),
    _pair("a gzip file with a name of its own", "model.pkl.gz", _gzipped),
    _pair("a tar packed by xz", "model.tar.xz", lambda data: tar({"model/model.pkl": data}, mode="w:xz")),
    _pair("a tar of GNU with a long name", "model.tar", lambda data: tar({"m" * 150 + "/weights": data})),
    _pair("named as a picture", "logo.png", lambda data: data if data == _BAD else b"\x89PNG\r\n\x1a\n" + bytes(32)),
    _pair("named as a table", "train.csv", lambda data: data if data == _BAD else b"a,b\n1,2\n"),
    _pair(
        "named as boosted trees",
        "model.ubj",
        lambda data: (
            data if data == _BAD else b"{L\x00\x00\x00\x00\x00\x00\x00\x07version[#L\x00\x00\x00\x00\x00\x00\x00\x00}"
        ),
    ),
    _pair(
        "named as a lite model",
        "model.tflite",
        lambda data: data if data == _BAD else b"\x1c\x00\x00\x00TFL3" + bytes(56),
    ),
    _pair(
        "named as a sentence model",
        "tokenizer.model",
        lambda data: data if data == _BAD else b"\n\x0e\n\x05<unk>\x15\x00\x00\x00\x00\x18\x02",
    ),
    _pair("in an optimizer's state", "optimizer.pt", torch_zip),
    _pair("in training arguments", "training_args.bin", torch_zip),
    _pair("a scaler beside", "scaler.pkl", lambda data: data if data == _BAD else pickle.dumps({"mean": [0.5]}, 0)),
    Case(
        "blind deeper: packed by what cannot be read",
        "model.pkl",
        lambda: b'\x04"M\x18@@\xc0' + struct.pack("<I", len(_EVIL) | 1 << 31) + _EVIL + bytes(4),
        lambda: zlib.compress(_GOOD),
    ),
]
