"""Secrets come by reference, and their values go nowhere."""

from __future__ import annotations

import json
import logging
import sys
import time
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote

import pytest

from fairlead.domain.model import SecretRef
from fairlead.drivers.logs import ControlLog
from fairlead.drivers.secrets import ReferencedSecrets
from fairlead.drivers.secrets_redact import REDACTED, Redactor
from fairlead.drivers.signing import KeyFile, signature_holds
from fairlead.kernel.errors import BrokenWorldError

CANARY = 'canary-"7f3a"/é'


def secrets(tmp_path: Path, redactor: Redactor | None = None, **environ: str) -> ReferencedSecrets:
    """A machine with this environment, and little patience."""
    patience = timedelta(seconds=1)
    return ReferencedSecrets(redactor or Redactor(), base=tmp_path, environ=environ, patience=patience)


def command(code: str) -> SecretRef:
    """A reference to what a Python program prints."""
    return SecretRef(from_command=(sys.executable, "-c", code))


def test_each_kind_of_reference_gives_its_value(tmp_path: Path) -> None:
    """Environment, file and command; the line break at the end is no part of a secret."""
    (tmp_path / "token").write_text(f"{CANARY}\n")
    known = secrets(tmp_path, TOKEN=CANARY)
    assert known.resolve(SecretRef(from_env="TOKEN")) == CANARY
    assert known.resolve(SecretRef(from_file="token")) == CANARY
    assert known.resolve(command("print(open('token').read(), end='')")) == CANARY


@pytest.mark.parametrize(
    ("reference", "told"),
    [
        (SecretRef(from_env="NONE"), "environment variable NONE is not set"),
        (SecretRef(from_env="EMPTY"), "environment variable EMPTY is empty"),
        (SecretRef(from_file="none"), "file none cannot be read"),
        (SecretRef(from_file="binary"), "file binary is no UTF-8"),
        (SecretRef(from_file="large"), "file large is longer"),
        (SecretRef(from_command=("no-such-program", CANARY)), "command no-such-program cannot be run"),
        (command(f"import sys; print({CANARY!r}); sys.exit({CANARY!r})"), "failed with exit code 1"),
        (command("import sys\nwhile True: print('x' * 1000)"), "is longer"),
    ],
    ids=["unset", "empty", "no file", "binary", "large", "no program", "failed", "endless"],
)
def test_what_is_not_there_is_named_and_its_value_is_not(tmp_path: Path, reference: SecretRef, told: str) -> None:
    """The error names the reference. No part of a value, of an output or of an argument is in it."""
    (tmp_path / "binary").write_bytes(b"\xff\xfe" + CANARY.encode())
    (tmp_path / "large").write_text(CANARY * 10_000)
    with pytest.raises(BrokenWorldError, match=told) as caught:
        secrets(tmp_path, EMPTY="").resolve(reference)
    assert "canary" not in repr(caught.value) + str(caught.value)
    assert caught.value.__cause__ is None


def test_a_command_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    """Time is bounded, also where a child of the command keeps its output open."""
    code = (
        "import subprocess, sys, time; "
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(3); open(\"late\", \"w\")']); time.sleep(60)"
    )
    start = time.monotonic()
    with pytest.raises(BrokenWorldError, match="did not come in time"):
        secrets(tmp_path).resolve(command(code))
    assert time.monotonic() - start < 2.5
    time.sleep(max(0.0, 3.5 - (time.monotonic() - start)))
    assert not (tmp_path / "late").exists()


def test_known_values_are_taken_out_of_any_text(tmp_path: Path) -> None:
    """As they are, and as JSON and URLs write them; each long line of a key by itself."""
    redactor = Redactor()
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n"
    known = secrets(tmp_path, redactor, TOKEN=CANARY, KEY=key, PIN="123")
    for name in ("TOKEN", "KEY", "PIN"):
        known.resolve(SecretRef(from_env=name))
    text = f"a {CANARY} b {json.dumps(CANARY)} c {quote(CANARY, safe='')} d hkiG9w0BAQEFAASC e 123"
    clean = redactor.redact(text)
    assert clean == f'a {REDACTED} b "{REDACTED}" c {REDACTED} d {REDACTED} e 123'


def test_the_control_log_holds_no_secret(tmp_path: Path) -> None:
    """Neither in a message, nor in an argument, a field or a traceback."""
    redactor = Redactor()
    secrets(tmp_path, redactor, TOKEN=CANARY).resolve(SecretRef(from_env="TOKEN"))
    log = ControlLog(tmp_path / "control", redactor)
    logger = logging.Logger("fairlead.test")  # noqa: LOG001 - not the process's own
    logger.addHandler(log)
    logger.warning("token %s", CANARY, extra={"request": CANARY, "model": "digits"})
    try:
        int(CANARY)
    except ValueError:
        logger.exception("failed")
    log.close()
    text = (tmp_path / "control" / "log.jsonl").read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert "canary" not in text
    assert [line["level"] for line in lines] == ["warning", "error"]
    assert (lines[0]["text"], lines[0]["model"], lines[0]["request"]) == (f"token {REDACTED}", "digits", REDACTED)
    assert "Traceback" in lines[1]["text"]


def test_the_signing_key_is_made_once_and_for_its_owner(tmp_path: Path) -> None:
    """A signature holds for its text and its key only."""
    first, second = KeyFile(tmp_path / "state" / "key"), KeyFile(tmp_path / "state" / "key")
    assert first.public() == second.public()
    assert (tmp_path / "state" / "key").stat().st_mode & 0o777 == 0o600
    assert signature_holds(second.public(), b"text", first.sign(b"text"))
    assert not signature_holds(second.public(), b"text.", first.sign(b"text"))
    assert not signature_holds(KeyFile(tmp_path / "other").public(), b"text", first.sign(b"text"))
    assert not signature_holds("no hex", b"text", "none")
    (tmp_path / "state" / "key").write_text("broken")
    with pytest.raises(BrokenWorldError, match="signing key"):
        KeyFile(tmp_path / "state" / "key").public()
