"""From a file's bytes to problems: recognise it, hand it to its scanner, and look for a pickle where none should be.

`fairlead check` calls `scan_file` for every locked file; scanners of archives call `scan_content` for what is in them.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import islice
from typing import BinaryIO

from fairlead.check.scanners.base import MAX_DEPTH, BombError, Budget, Place, Problem, Scanner
from fairlead.check.scanners.feed import CutError, Feed
from fairlead.check.scanners.pickles import Likeness, is_pickle, likeness
from fairlead.check.scanners.recognise import LOOK, kind_by_name, kind_of
from fairlead.check.scanners.tail import TailWatch
from fairlead.kernel.plugins import load_member, member_names

__all__ = ["GROUP", "SCANNERS", "scan_content", "scan_file"]

GROUP = "fairlead.scanners"
_HERE = "fairlead.check.scanners"
SCANNERS = {
    "bzip2": f"{_HERE}.compressed:scan",
    "gguf": f"{_HERE}.gguf:scan",
    "gzip": f"{_HERE}.compressed:scan",
    "hdf5": f"{_HERE}.hdf5:scan",
    "json": f"{_HERE}.texts:scan_json",
    "lzma": f"{_HERE}.compressed:scan",
    "native": f"{_HERE}.programs:scan_native",
    "npy": f"{_HERE}.npy:scan",
    "onnx": f"{_HERE}.onnx:scan",
    "pickle": f"{_HERE}.pickles:scan",
    "safetensors": f"{_HERE}.safetensors:scan",
    "sealed": f"{_HERE}.programs:scan_sealed",
    "source": f"{_HERE}.programs:scan_source",
    "tar": f"{_HERE}.tars:scan",
    "template": f"{_HERE}.texts:scan_template",
    "tensorflow": f"{_HERE}.tensorflow:scan",
    "xml": f"{_HERE}.texts:scan_xml",
    "xz": f"{_HERE}.compressed:scan",
    "yaml": f"{_HERE}.texts:scan_yaml",
    "zfile": f"{_HERE}.compressed:scan_zfile",
    "zip": f"{_HERE}.zips:scan",
    "zlib": f"{_HERE}.compressed:scan",
}
"""Built-in scanners by format. Other packages add theirs under a file's ending, such as `.mlpkg`."""

_MAX_PROBLEMS = 20
_WINDOWS = (1 << 16, 1 << 20, 20 << 20)
_PACKED = {"zfile", "gzip", "bzip2", "xz", "lzma", "zlib"}
_ALSO = {"pickle": {"zip", "tar", "npy", *_PACKED}, "zip": {"hdf5"}, "hdf5": {"zip"}, "tar": _PACKED, "gzip": {"zlib"}}
"""What a file of one name may be as well: torch saves zip archives under .pt, Keras HDF5 under .keras."""

_LOADED = {"pickle", "zip", "hdf5", "npy"}
_WITHOUT_MAGIC = {"json", "native", "onnx", "sealed", "source", "template", "tensorflow", "xml", "yaml"}


def scan_file(stream: BinaryIO, path: str, size: int, files: frozenset[str] = frozenset()) -> list[Problem]:
    """Problems of one file of an artifact. Reads `stream` forward; unread bytes are the caller's.

    Memory is bounded whatever the size. Zip archives are copied to the folder for temporary files, as they are read
    from their end.
    """
    feed = Feed(stream.read)
    return list(islice(scan_content(feed, Place(path, size, files, Budget.of(size))), _MAX_PROBLEMS))


def scan_content(feed: Feed, place: Place) -> Iterator[Problem]:
    """Problems of what a feed brings, whatever it is called and wherever it stands."""
    kind, named = kind_of(feed.peek(LOOK)), kind_by_name(place.name)
    tail = None if kind == "zip" else TailWatch(feed, exact=kind == "tar")
    try:
        yield from _scan_kind(tail.feed if tail else feed, place, kind, named)
        if tail is not None:
            yield from tail.problems(place)
    except CutError as error:
        yield Problem("scan/broken", f"`{place.label}` is cut off: {error}", "fetch or save the file again")
    except BombError as error:
        mend = "pack the model without anything that grows this much"
        yield Problem("scan/archive-bomb", f"`{place.label}` is not read to its end: {error}", mend)


def _scan_kind(feed: Feed, place: Place, kind: str | None, named: str | None) -> Iterator[Problem]:
    if len(place.inside) > MAX_DEPTH:
        message = f"`{place.label}` is nested more than {MAX_DEPTH} archives deep"
        yield Problem("scan/archive-depth", message, "pack the model without archives in archives")
        return
    if kind is not None and named is not None and not _may_be(kind, named):
        yield _disguised(place, kind, named)
    if kind == "pickle" and named is None and place.inside:
        # Raw numbers in an archive may begin like a pickle by chance; a pickle comes further than that.
        kind = None if _likeness(feed, place) is Likeness.NO else kind
    if kind not in {"pickle", "zip"} and (kind, named) != (None, "pickle"):
        like = _likeness(feed, place)
        if like in {Likeness.OPEN, Likeness.ENDLESS} and kind is None:
            if is_pickle(feed, place):
                yield _disguised(place, "pickle", named or "something else")
            return
        if like is Likeness.OPEN and kind not in _PACKED:
            message = f"`{place.label}` can be read as a pickle as well as {kind}"
            yield Problem("scan/cannot-tell", message, "convert the model to safetensors or ONNX")
            return
        if like is Likeness.YES:
            kind = "pickle"
            if named is not None:
                yield _disguised(place, "pickle", named)
    yield from _scan_as(feed, place, kind, named)


def _likeness(feed: Feed, place: Place) -> Likeness:
    """Looked at through a wider window where the first one leaves it open."""
    for size in _WINDOWS:
        window = feed.peek(size)
        like = likeness(window, place)
        if like is not Likeness.OPEN or len(window) < size:
            break
    return like


def _scan_as(feed: Feed, place: Place, kind: str | None, named: str | None) -> Iterator[Problem]:
    """By content where it is known, else by name: a scanner for the name says then that the content is another."""
    added = next((each for each in _added_endings() if place.name.endswith(each)), None)
    chosen = added or kind or named
    if chosen is None:
        return
    scanner: Scanner = load_member(GROUP, SCANNERS, chosen)
    by_chance = named is None and bool(place.inside) and kind in _PACKED
    for problem in scanner(feed, place):
        # Raw numbers in an archive may begin like something packed; where they do not unpack, they are none.
        if not (by_chance and problem.rule == "scan/archive-broken"):
            yield problem


@cache
def _added_endings() -> tuple[str, ...]:
    return tuple(each for each in member_names(GROUP, {}) if each.startswith("."))


def _may_be(kind: str, named: str) -> bool:
    """Whether a file of one name may have content of that kind."""
    if named in _WITHOUT_MAGIC:
        return kind not in _LOADED
    return kind == named or kind in _ALSO.get(named, ())


def _disguised(place: Place, kind: str, named: str) -> Problem:
    message = f"`{place.label}` stands for {named} by its name, but its content is {kind}"
    return Problem("scan/disguised", message, "name the file after what it is, or find out where it came from")
