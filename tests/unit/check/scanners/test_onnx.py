"""A broken ONNX file is found by its structure, in bounded time, without anything of it being run."""

from __future__ import annotations

import io
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fairlead.flows
from fairlead.check.scanners.base import Place
from fairlead.check.scanners.feed import Feed
from fairlead.check.scanners.onnx import scan

EXAMPLE = Path(fairlead.flows.__file__).parent / "starter/models/example/model.onnx"
WHOLE = EXAMPLE.read_bytes()


def problems(data: bytes, *files: str) -> list[str]:
    """Rules of what the scanner finds."""
    place = Place("model.onnx", len(data), frozenset(files))
    return [each.rule for each in scan(Feed(io.BytesIO(data).read), place)]


def test_a_whole_file_has_no_problem() -> None:
    """The example that `init` writes."""
    assert problems(WHOLE) == []


@pytest.mark.parametrize("length", range(len(WHOLE)))
def test_a_truncated_file_is_broken(length: int) -> None:
    """Wherever it was cut."""
    assert problems(WHOLE[:length]) == ["check/broken-onnx"]


def test_a_file_of_another_kind_is_broken() -> None:
    """A web page that was saved under the model's name, for example."""
    assert problems(b"<!doctype html><html>not found</html>") == ["check/broken-onnx"]
    assert problems(b"version https://git-lfs.github.com/spec/v1\n") == ["check/broken-onnx"]


def record(number: int, data: bytes) -> bytes:
    """A length-delimited field."""
    assert len(data) < 128
    return bytes([number << 3 | 2, len(data)]) + data


def with_outside_weights(location: str) -> bytes:
    """A model whose weights are in another file."""
    entry = record(1, b"location") + record(2, location.encode())
    graph = record(5, record(13, entry)) + record(12, b"")
    return b"\x08\x08" + record(7, graph) + record(8, b"")


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "a/../../b", "weights.bin"])
def test_weights_outside_of_the_lock_are_told(location: str) -> None:
    """A model may not read what the lock does not pin."""
    assert problems(with_outside_weights(location), "model.onnx") == ["check/onnx-outside-file"]


def test_weights_beside_the_model_are_fine() -> None:
    """Where the lock pins them."""
    assert problems(with_outside_weights("weights.bin"), "model.onnx", "weights.bin") == []


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_break_the_scanner(data: bytes) -> None:
    """Any bytes give problems, not exceptions."""
    problems(data)


def test_the_scanner_takes_bounded_time() -> None:
    """A megabyte of the smallest fields is walked within seconds."""
    started = time.process_time()
    problems(b"\x08\x01" * 200_000)
    assert time.process_time() - started < 5
