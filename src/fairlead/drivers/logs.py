"""The control plane's own log: JSON lines with level, model, release and request, in files of bounded number and size.

Everything passes the redactor, so that no known secret is ever written. Its form is the one of the servers' logs.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from fairlead.drivers.secrets_redact import Redactor
from fairlead.kernel.windows import iso

__all__ = ["CONTROL_LOG", "ControlLog", "start_control_log"]

CONTROL_LOG = "control"
"""Folder of the control plane's log in the state folder; in it `log.jsonl`, and older `log.1.jsonl` and on."""

_FIELDS = ("environment", "model", "release", "request")
_MOST_CHARS = 16 * 1024
"""Longest text of a line; a traceback fits, a document does not."""
_MOST_TOLD = 100
"""Different messages that go to stderr in a row while no line can be written."""


class ControlLog(logging.Handler):
    """Handler of the standard library's logging. `extra={"model": ..., "request": ...}` fills a line's fields."""

    def __init__(self, folder: Path, redactor: Redactor, *, file_bytes: int = 8 << 20, files: int = 4) -> None:
        super().__init__()
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._path = folder / "log.jsonl"
        self._redactor = redactor
        self._file_bytes = file_bytes
        self._files = files
        self._writing = threading.Lock()
        self._told: set[str] = set()
        self._descriptor = self._open()

    def emit(self, record: logging.LogRecord) -> None:
        """Append one line. A full disk must not end the control plane: what cannot be written goes to stderr."""
        try:
            line = self._line(record)
            with self._writing:
                if os.fstat(self._descriptor).st_size + len(line) > self._file_bytes:
                    self._turn()
                os.write(self._descriptor, line)
            self._told.clear()
        except OSError as error:
            self._tell(record, error)

    def close(self) -> None:
        """Close the file; lines that come later are lost."""
        with self._writing:
            if self._descriptor >= 0:
                os.close(self._descriptor)
                self._descriptor = -1
        super().close()

    def _tell(self, record: logging.LogRecord, error: OSError) -> None:
        """Say on stderr what could not be written: each message once, until lines can be written again."""
        text = self._redactor.redact(record.getMessage())[:_MOST_CHARS]
        if text not in self._told and len(self._told) < _MOST_TOLD:
            self._told.add(text)
            sys.stderr.write(f"{text} (and the log cannot be written: {error.strerror})\n")

    def _line(self, record: logging.LogRecord) -> bytes:
        text = record.getMessage()
        if record.exc_info:
            text = f"{text}\n{logging.Formatter().formatException(record.exc_info)}"
        entry = {
            "at": iso(datetime.fromtimestamp(record.created, UTC)),
            "level": record.levelname.lower(),
            "text": self._redactor.redact(text)[:_MOST_CHARS],
            "logger": record.name,
        }
        entry |= {name: self._redactor.redact(str(getattr(record, name))) for name in _FIELDS if hasattr(record, name)}
        return json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace") + b"\n"

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def _turn(self) -> None:
        """log.jsonl becomes log.1.jsonl, and so on; the oldest goes."""
        os.close(self._descriptor)
        names = [self._path, *(self._path.with_name(f"log.{number}.jsonl") for number in range(1, self._files))]
        for newer, older in reversed(list(pairwise(names))):
            if newer.exists():
                newer.replace(older)
        self._descriptor = self._open()


def start_control_log(state: Path, redactor: Redactor, *, level: int = logging.INFO) -> ControlLog:
    """Send everything that this process logs to the control log of `state`, from now on."""
    handler = ControlLog(state / CONTROL_LOG, redactor)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(min(level, root.level) if root.level else level)
    return handler
