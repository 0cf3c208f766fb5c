"""The control plane's log where it cannot be written."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from fairlead.drivers.logs import ControlLog
from fairlead.drivers.secrets_redact import Redactor


def test_a_full_disk_is_told_once_and_without_secrets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What cannot be written goes to stderr, each message once, in one line and redacted; nothing is raised."""
    (tmp_path / "log.jsonl").symlink_to("/dev/full")
    redactor = Redactor()
    redactor.learn("canary-3f9a")
    log = ControlLog(tmp_path, redactor)
    for _ in range(3):
        log.handle(logging.makeLogRecord({"msg": "look: refused canary-3f9a"}))
    log.close()
    told = capsys.readouterr().err
    assert told == "look: refused [secret] (and the log cannot be written: No space left on device)\n"
