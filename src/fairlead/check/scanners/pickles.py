"""Pickles: alone, one after the other (also torch's legacy format), and with joblib's arrays in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from io import BytesIO

from fairlead.check.scanners.base import CONTENT, MAX_DEPTH, Place, Problem, Scanner
from fairlead.check.scanners.feed import CutError, Feed
from fairlead.check.scanners.pickle_machine import Machine
from fairlead.check.scanners.pickle_values import Name
from fairlead.check.scanners.pickle_walk import Walked, walk
from fairlead.check.scanners.second_opinion import MAX_BYTES, MAX_STEPS, second_opinion
from fairlead.kernel.plugins import load_member

__all__ = ["Likeness", "is_pickle", "likeness", "scan"]

_MAGIC = b"\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""torch's legacy magic number as a pickle, without its protocol."""

_LEGACY_OBJECT, _LEGACY_PICKLES = 4, 5
_NUMEL = 4
_ITEM_SIZES = {
    **dict.fromkeys(("BoolStorage", "ByteStorage", "CharStorage", "QInt8Storage", "QUInt8Storage"), 1),
    **dict.fromkeys(("QUInt2x4Storage", "QUInt4x2Storage", "UntypedStorage"), 1),
    **dict.fromkeys(("BFloat16Storage", "HalfStorage", "ShortStorage"), 2),
    **dict.fromkeys(("FloatStorage", "IntStorage", "QInt32Storage"), 4),
    **dict.fromkeys(("ComplexFloatStorage", "DoubleStorage", "LongStorage"), 8),
    "ComplexDoubleStorage": 16,
}
"""Bytes of one item by torch's storage class (`torch/storage.py`)."""

_CONVERT = "convert the model to safetensors or ONNX"
_MENDS = {
    "scan/pickle-import": f"{_CONVERT}, which need no imports; a class of your own is not loaded safely from a pickle",
    "scan/pickle-call": f"{_CONVERT}; do not load this file",
    "scan/pickle-build": f"{_CONVERT}; do not load this file",
    "scan/pickle-broken": "fetch or save the file again; do not load it as it is",
    "scan/pickle-limit": _CONVERT,
    "scan/pickle-rest": "save the file again, without anything behind its last pickle",
    "scan/pickle-persistent": _CONVERT,
}
_SENTENCES = {
    "scan/pickle-limit": "loading it would make room for {}",
    "scan/pickle-import": "loading it would import {}",
    "scan/pickle-call": "loading it would call {}",
    "scan/pickle-build": "loading it would change {}, which is no object of its own",
}


def scan(feed: Feed, place: Place) -> Iterable[Problem]:
    """Every pickle in the file. Where all are clean and the file is not too large, others are asked as well."""
    start = _start(feed)
    rest = BytesIO(start)
    stack = Feed(lambda count: rest.read(count) or feed.read(count))
    walks: list[Walked] = []
    problems = list(_scan_stack(stack, place, walks))
    for each in () if problems or len(start) > MAX_BYTES else walks:
        if not each.arrays and each.steps <= MAX_STEPS:
            problems += second_opinion(start[each.begin : each.end], each.steps, place)
    return problems


class Likeness(Enum):
    """Whether bytes that nobody calls a pickle are one.

    OPEN: as far as they were looked at, they may be. ENDLESS: the same, but only if a single line fills megabytes.
    """

    NO = "no"
    ENDLESS = "endless"
    OPEN = "open"
    YES = "yes"


def likeness(window: bytes, place: Place) -> Likeness:
    """YES where an unpickler comes to a call, or to STOP behind imports or a protocol's number.

    `window` is the file's beginning. A pickle that breaks within it has done no harm, and nor will the rest.
    """
    feed = Feed(BytesIO(window).read)
    walked = walk(feed, place.budget)
    machine = walked.machine
    if machine.called_import or (walked.trouble is None and (machine.imports or window[:1] == b"\x80")):
        return Likeness.YES
    if walked.endless:
        return Likeness.ENDLESS
    goes_on = len(window) < place.size and 0 < walked.missing <= place.size - len(window)
    return Likeness.OPEN if goes_on or walked.over else Likeness.NO


def is_pickle(feed: Feed, place: Place) -> bool:
    """The same for all that a feed brings, which is then taken."""
    binary = feed.peek(1) == b"\x80"
    walked = walk(feed, place.budget)
    machine = walked.machine
    return machine.called_import or walked.over or (walked.trouble is None and (binary or machine.imports > 0))


def _start(feed: Feed) -> bytes:
    """The first bytes, as many as others may be asked about; one more where there are more."""
    parts, room = [], MAX_BYTES + 1
    while room and (part := feed.read(min(1 << 18, room))):
        parts.append(part)
        room -= len(part)
    return b"".join(parts)


def _scan_stack(feed: Feed, place: Place, walks: list[Walked]) -> Iterator[Problem]:
    head = feed.peek(2 + len(_MAGIC))
    legacy = head[:1] == b"\x80" and head[2:] == _MAGIC
    while not walks or feed.peek(1):
        walked = walk(feed, place.budget)
        walks.append(walked)
        yield from _said(walked.machine, place)
        if walked.trouble is not None:
            yield _problem(walked.trouble[0], _trouble(walked, len(walks)), place)
            return
        if any(_storage_size(each) is None for each in walked.machine.persistent):
            yield _problem("scan/pickle-persistent", "it names something that is no storage of torch's", place)
        for number, data in enumerate(walked.machine.within):
            inner = place.member(f"bytes {number + 1}.pt", len(data))
            yield from _scan_within(Feed(BytesIO(data).read), inner)
        if legacy and len(walks) == _LEGACY_PICKLES:
            yield from _scan_storages(feed, walks[_LEGACY_OBJECT - 1].machine, place)
            return


def _scan_within(feed: Feed, place: Place) -> Iterator[Problem]:
    if len(place.inside) > MAX_DEPTH:
        yield _problem("scan/pickle-limit", f"pickles are nested more than {MAX_DEPTH} deep", place)
        return
    scanner: Scanner = load_member("fairlead.scanners", CONTENT, "content")
    yield from scanner(feed, place)


def _trouble(walked: Walked, number: int) -> str:
    rule, why = walked.trouble or ("", "")
    if rule == "scan/pickle-limit":
        return f"it is too large to be followed: {why}"
    if number > 1 and walked.end - walked.begin <= 1:
        return f"at byte {walked.begin} something follows the pickle that is none"
    return f"the pickle is broken {why}"


def _said(machine: Machine, place: Place) -> Iterator[Problem]:
    for rule, about in machine.said:
        yield _problem(rule, _SENTENCES[rule].format(f"`{about}`"), place)


def _problem(rule: str, sentence: str, place: Place) -> Problem:
    return Problem(rule, f"`{place.label}`: {sentence}", _MENDS[rule])


def _scan_storages(feed: Feed, machine: Machine, place: Place) -> Iterator[Problem]:
    """Behind its five pickles, torch's legacy format has the numbers of each storage, and nothing else."""
    sizes: dict[str, int] = {}
    for identity in machine.persistent:
        key, size = _storage_size(identity) or ("", 0)
        sizes[key] = size
    try:
        feed.skip(sum(sizes.values()))
    except CutError as error:
        yield _problem("scan/pickle-broken", f"its numbers are cut off: {error}", place)
        return
    if feed.peek(1):
        yield _problem("scan/pickle-rest", "there is something behind its numbers", place)


def _storage_size(identity: object) -> tuple[str, int] | None:
    """Key and bytes of a storage, whose persistent id is ("storage", class, key, location, numel, ...)."""
    if not isinstance(identity, tuple) or len(identity) <= _NUMEL or identity[0] != "storage":
        return None
    kind, key, count = identity[1], identity[2], identity[_NUMEL]
    size = _ITEM_SIZES.get(kind.name) if isinstance(kind, Name) and kind.module.startswith("torch") else None
    if size is None or not isinstance(key, str) or not isinstance(count, int) or count < 0:
        return None
    return key, 8 + count * size
