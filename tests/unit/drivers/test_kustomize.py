"""Rendering a kustomization is bounded in time and size, and knows no credentials."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from fairlead.domain.infrastructure import KustomizeError
from fairlead.drivers import kustomize
from fairlead.drivers.kustomize import kustomizer


def program(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """The only program on the PATH is one called kustomize that does this."""
    path = folder / "bin" / "kustomize"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(path.parent))


def test_no_program_is_no_function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the reader can say what to install."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert kustomizer(tmp_path) is None


def test_it_is_asked_for_a_folder_and_knows_no_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it prints is the answer; of the environment it sees only what a program needs."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    program(tmp_path, monkeypatch, 'echo "$@ [$AWS_SECRET_ACCESS_KEY] $GIT_ALLOW_PROTOCOL"')
    render = kustomizer(tmp_path)
    assert render is not None
    assert render("overlays/prod") == f"build {tmp_path}/overlays/prod [] none\n"


def test_what_it_says_is_handed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line."""
    program(tmp_path, monkeypatch, "echo no >&2; echo such base >&2; exit 1")
    render = kustomizer(tmp_path)
    assert render is not None
    with pytest.raises(KustomizeError, match=r"^no such base$"):
        render("")


def test_time_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended, with what it started."""
    program(tmp_path, monkeypatch, "while :; do :; done")
    render = kustomizer(tmp_path, seconds=0.3)
    assert render is not None
    with pytest.raises(KustomizeError, match="no answer within"):
        render("")


def test_size_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while it still writes."""
    monkeypatch.setattr(kustomize, "MAX_OUTPUT", 1000)
    program(tmp_path, monkeypatch, "while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done")
    render = kustomizer(tmp_path)
    assert render is not None
    with pytest.raises(KustomizeError, match="more than 1000 bytes"):
        render("")
