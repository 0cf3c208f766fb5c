"""A third party verifies the exported journal with a short script of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from fairlead.flows.audit_export import export_journal
from tests.scenario.audit.conftest import Journal

SCRIPT = """
import hashlib, json, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

lines = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
assert lines[0]["format"] == "fairlead-journal/1"
before, digests = "0" * 64, []
for line in lines[1:]:
    if "record" in line:
        record = json.loads(line["record"])
        assert hashlib.sha256(line["record"].encode()).hexdigest() == line["digest"], record["sequence"]
        assert (record["sequence"], record["before"]) == (len(digests) + 1, before), record["sequence"]
        before = line["digest"]
        digests.append(before)
    else:
        head = json.loads(line["head"])
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head["public_key"]))
        key.verify(bytes.fromhex(line["signature"]), line["head"].encode())
        assert (head["chain"], head["digest"]) == (digests[0], digests[head["sequence"] - 1])
print(len(digests), "records")
"""


def run(script: Path, export: Path) -> subprocess.CompletedProcess[str]:
    """Let the third party look at it."""
    return subprocess.run([sys.executable, "-I", script, export], check=False, capture_output=True, text=True)


def test_an_independent_script_verifies_the_export(journal: Journal, tmp_path: Path) -> None:
    """The documented format needs sha256, ed25519 and JSON, and nothing of fairlead; an altered line is found."""
    script, export = tmp_path / "verify.py", tmp_path / "journal.jsonl"
    script.write_text(SCRIPT)
    lines = list(export_journal(journal.store, journal.repository))
    export.write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = run(script, export)
    assert (told.returncode, told.stdout) == (0, "11 records\n"), told.stderr
    export.write_text("\n".join(lines).replace('\\"place\\":3', '\\"place\\":4', 1), encoding="utf-8")
    assert "AssertionError: 5" in run(script, export).stderr
