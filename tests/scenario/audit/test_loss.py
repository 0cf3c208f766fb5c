"""A state that was lost or restored goes on, and says so; backups are whole or refused."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from fairlead.domain.finding import Verdict
from fairlead.drivers.signing import SIGNING_KEY
from fairlead.drivers.state import open_state
from fairlead.flows.audit import begin_chain, verify, verify_files
from fairlead.flows.backup import backup, restore
from fairlead.flows.backup_list import LIST
from fairlead.kernel.errors import ConflictError, IntegrityError, NotFoundError
from fairlead.testing.progress import RecordedProgress, no_progress
from fairlead.testing.state_contract import ANN, draft
from tests.scenario.audit.conftest import Journal


def test_a_lost_state_begins_a_chain_that_says_so(journal: Journal, tmp_path: Path) -> None:
    """The first record names the last head that Git knows; the audit passes, and tells of it."""
    journal.store.close()
    anew = Journal(journal.remote, tmp_path / "anew", tmp_path / "mirror-anew.git")
    anew.decide()
    anew.sign()
    first = anew.store.records(limit=1)[0]
    assert (first.draft.kind, first.draft.body["reason"]) == ("journal.started", "state lost")
    assert first.draft.body["last_head"]["sequence"] == 11
    report = anew.audit()
    assert (report.verdict, report.records, report.signed) == (Verdict.PASS, 2, 2)
    assert [finding.rule for finding in report.findings] == ["audit/began-anew"]
    anew.store.close()


def test_a_command_before_the_first_start_is_no_forgery(journal: Journal, tmp_path: Path) -> None:
    """A person's command may write the first record of a chain; the control plane says later whose the chain is."""
    open_state(tmp_path / "early", journal.clock).append(draft("model.suspended"))
    anew = Journal(journal.remote, tmp_path / "early", tmp_path / "mirror-early.git")
    anew.sign()
    assert [record.draft.kind for record in anew.store.records()] == ["model.suspended", "journal.started"]
    report = anew.audit()
    assert (report.verdict, report.public_key) == (Verdict.PASS, anew.signer.public())
    assert begin_chain(anew.store, anew.repository, anew.signer, ANN) is None
    anew.store.close()


def test_a_workspace_beside_it_is_no_concern(journal: Journal, tmp_path: Path) -> None:
    """Two workspaces in one repository sign into the same note, and neither mistakes the other's heads."""
    other = Journal(journal.remote, tmp_path / "other", tmp_path / "mirror-other.git", folder="team")
    other.sign()
    journal.decide()
    journal.sign()
    assert journal.audit().findings == ()
    assert other.audit().verdict is Verdict.PASS
    other.store.close()


def test_a_copied_folder_and_a_clone_are_enough(journal: Journal, tmp_path: Path) -> None:
    """An auditor needs no running control plane; what is audited is not written to."""
    journal.decide()
    copy = tmp_path / "evidence"
    shutil.copytree(journal.state, copy)
    before = {path.name: path.read_bytes() for path in copy.iterdir()}
    journal.remote.rename(tmp_path / "gone")
    report = verify_files(copy, journal.repository)
    assert (report.verdict, report.records, report.heads) == (Verdict.PASS, 12, 2)
    assert {path.name: path.read_bytes() for path in copy.iterdir()} == before
    with pytest.raises(NotFoundError):
        verify_files(tmp_path / "nothing", journal.repository)


def test_a_restored_backup_goes_on_and_says_so(journal: Journal, tmp_path: Path) -> None:
    """What happened after the backup is lost; the journal and the audit tell it, and new heads are signed."""
    file, progress = tmp_path / "backup.tar", RecordedProgress()
    backup(journal.state, file, journal.clock, progress)
    assert file.stat().st_mode & 0o777 == 0o600
    assert progress.reports[-1][0] == progress.reports[-1][1] > 1
    journal.decide(5)
    journal.sign()
    journal.clock.advance(timedelta(minutes=1))
    journal.store.close()
    restore(file, tmp_path / "restored", journal.clock, ANN)
    assert (tmp_path / "restored" / SIGNING_KEY).read_bytes() == (journal.state / SIGNING_KEY).read_bytes()
    journal.store = open_state(tmp_path / "restored", journal.clock)
    assert journal.store.newest(1)[0].draft.kind == "state.restored"
    journal.decide()
    journal.sign()
    report = journal.audit()
    assert (report.verdict, report.signed) == (Verdict.PASS, 13)
    assert [(finding.path, finding.rule) for finding in report.findings] == [("journal#12", "audit/restored")]


def test_a_backup_of_a_busy_state_is_whole(journal: Journal, tmp_path: Path) -> None:
    """It holds every record up to one moment, and the Parquet files that its manifest names, while others write."""
    lake = journal.state / "lake"
    (lake / "usage").mkdir(parents=True)
    (lake / "usage" / "a.parquet").write_bytes(b"rows")
    (lake / "usage" / "unlisted.parquet").write_bytes(b"half")
    listed = {"table": "usage", "day": "2026-01-01", "level": 0, "name": "a.parquet"}
    manifest = {"version": 1, "generation": 1, "files": [listed], "retired": [], "checkpoint": {}}
    (lake / "manifest.json").write_text(json.dumps(manifest))
    (journal.state / "artifacts").mkdir()
    journal.decide()
    backup(journal.state, tmp_path / "backup.tar", journal.clock, no_progress)
    journal.decide()
    restore(tmp_path / "backup.tar", tmp_path / "restored", journal.clock, ANN)
    names = {
        str(path.relative_to(tmp_path / "restored")) for path in (tmp_path / "restored").rglob("*") if path.is_file()
    }
    assert names == {"state.db", SIGNING_KEY, "lake/manifest.json", "lake/usage/a.parquet"}
    store = open_state(tmp_path / "restored", journal.clock)
    assert [store.newest(1)[0].sequence, verify(store, journal.repository).verdict] == [13, Verdict.PASS]
    store.close()


def test_only_an_empty_folder_is_restored_into(journal: Journal, tmp_path: Path) -> None:
    """A state is never written over, and neither is a file."""
    file = tmp_path / "backup.tar"
    backup(journal.state, file, journal.clock, no_progress)
    with pytest.raises(ConflictError, match="not empty"):
        restore(file, journal.state, journal.clock, ANN)
    with pytest.raises(ConflictError, match="there already"):
        backup(journal.state, file, journal.clock, no_progress)


def _flip(data: bytes) -> bytes:
    at = data.index(b"SQLite format 3") + 200
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def _forged(name: str, content: bytes = b"x", kind: bytes = tarfile.REGTYPE, size: int = 1) -> bytes:
    """A tar whose list and members are of somebody else's making."""
    digest = hashlib.sha256(content).hexdigest()
    files = [{"name": "state.db", "size": size, "sha256": digest}, {"name": name, "size": size, "sha256": digest}]
    listed = json.dumps({"format": "fairlead-backup/1", "at": "x", "files": files}).encode()
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as tar:
        for member_name, data in ((LIST, listed), ("state.db", content), (name, content)):
            member = tarfile.TarInfo(member_name)
            member.size, member.linkname = len(data), "/etc/passwd"
            member.type = kind if member_name == name else tarfile.REGTYPE
            tar.addfile(member, io.BytesIO(data))
    return made.getvalue()


@pytest.mark.parametrize(
    "make",
    [
        _flip,
        lambda _: _forged("../evil"),
        lambda _: _forged("/evil"),
        lambda _: _forged("lake/usage/../../../evil.parquet"),
        lambda _: _forged("signing.key", kind=tarfile.SYMTYPE),
        lambda _: _forged("signing.key", size=1 << 50),
        lambda _: _forged("signing.key", size=0),
        lambda data: data.replace(b"backup.json", b"backup.jsom", 1),
        lambda data: data[: len(data) // 2],
        lambda _: b"",
    ],
    ids=["flipped", "parent", "absolute", "dots", "link", "bomb", "longer", "no list", "half", "empty"],
)
def test_a_backup_that_is_not_ours_leaves_nothing(
    journal: Journal, tmp_path: Path, make: Callable[[bytes], bytes]
) -> None:
    """Altered bytes, paths that lead out, links and sizes that lie are refused, and nothing is left behind."""
    good, place = tmp_path / "good.tar", tmp_path / "place"
    backup(journal.state, good, journal.clock, no_progress)
    place.mkdir()
    (tmp_path / "bad.tar").write_bytes(make(good.read_bytes()))
    with pytest.raises(IntegrityError):
        restore(tmp_path / "bad.tar", place / "state", journal.clock, ANN)
    assert list(place.iterdir()) == []
    assert not (tmp_path / "evil").exists()
