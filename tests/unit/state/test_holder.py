"""One control plane per state folder, and a killed one is not in the way."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from fairlead.drivers.clock import SystemClock
from fairlead.drivers.holder import hold, holder_of
from fairlead.kernel.errors import ConflictError
from fairlead.testing.time import ManualClock

fork = multiprocessing.get_context("fork")


def keep(folder: Path, held: Event, ended: Event) -> None:
    """Hold until told otherwise, or killed."""
    with hold(folder, SystemClock()) as lock:
        lock.announce("http://127.0.0.1:8700/")
        held.set()
        ended.wait()


def test_the_second_is_refused_and_told_of_the_first(tmp_path: Path) -> None:
    """The refusal names process and address; when the first ends, the next one gets it."""
    held, ended = fork.Event(), fork.Event()
    first = fork.Process(target=keep, args=(tmp_path, held, ended))
    first.start()
    held.wait()
    with pytest.raises(ConflictError, match=f"process {first.pid} .*8700"), hold(tmp_path, ManualClock()):
        pass
    assert str(holder_of(tmp_path)).startswith(f"process {first.pid} ")
    ended.set()
    first.join()
    assert holder_of(tmp_path) is None
    with hold(tmp_path, ManualClock()) as lock:
        assert lock.left is None
        assert lock.holder.pid == os.getpid()


def test_a_killed_holder_is_recognised(tmp_path: Path) -> None:
    """What kill -9 left in the file holds nothing; the next holder learns of it."""
    held, ended = fork.Event(), fork.Event()
    first = fork.Process(target=keep, args=(tmp_path, held, ended))
    first.start()
    held.wait()
    os.kill(first.pid or 0, signal.SIGKILL)
    first.join()
    assert holder_of(tmp_path) is None
    with hold(tmp_path, ManualClock()) as lock:
        assert lock.left is not None
        assert lock.left.pid == first.pid


def test_nobody_holds_what_is_not_there(tmp_path: Path) -> None:
    """A state that never was has no holder, and asking makes nothing."""
    assert holder_of(tmp_path / "none") is None
    assert not (tmp_path / "none").exists()


def test_a_folder_that_was_removed_is_held_no_more(tmp_path: Path) -> None:
    """The lock keeps nobody out of another folder of the same name, and its holder can tell."""
    state = tmp_path / "state"
    with hold(state, ManualClock()) as lock:
        assert lock.holds()
        shutil.rmtree(state)
        assert not lock.holds()
        with hold(state, ManualClock()) as other:
            assert other.holds()
            assert not lock.holds()
