"""Whoever alters the journal is found, and the altered record is named."""

from __future__ import annotations

import json
import random
import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest

from fairlead.domain.finding import Verdict
from fairlead.domain.journal import Draft, chain, read_record, row_of
from fairlead.domain.journal_head import HEADS_REF
from fairlead.drivers.signing import KeyFile
from fairlead.drivers.state_engine import SQLITE_FILE
from fairlead.flows.audit import sign_head, verify
from fairlead.kernel.errors import IntegrityError
from fairlead.testing.state_contract import ANN, draft
from tests.scenario.audit.conftest import NOW, Journal, git

ALTERED = "audit/altered-record"
MISSING = "audit/missing-record"


def alter(journal: Journal, sql: str, *values: object) -> None:
    """Change the database behind the store's back."""
    with closing(sqlite3.connect(journal.state / SQLITE_FILE)) as database, database:
        database.execute(sql, values)


def rewrite(journal: Journal, first: int) -> None:
    """Forge record `first`, and chain everything after it anew, so that the journal agrees with itself."""
    rows = list(journal.store.rows())
    before = rows[first - 2].digest if first > 1 else "0" * 64
    for row in rows[first - 1 :]:
        record = read_record(row.text)
        forged = Draft(record.draft.kind, ANN, "prod", "digits", body={"place": "forged"})
        made = row_of(chain(row.sequence, record.at, forged, before))
        before = made.digest
        sql = "UPDATE journal SET text=?, digest=?, kind=?, environment=?, model=? WHERE sequence=?"
        alter(journal, sql, made.text, made.digest, made.kind, made.environment, made.model, made.sequence)


def test_an_honest_journal_passes(journal: Journal) -> None:
    """Every record is vouched for, and nothing is found."""
    report = journal.audit()
    assert (report.verdict, report.findings) == (Verdict.PASS, ())
    assert (report.records, report.heads, report.signed) == (11, 2, 11)
    assert report.public_key == journal.signer.public()


def test_records_after_the_last_head_are_still_chained(journal: Journal) -> None:
    """A decision that is not signed yet is no finding."""
    journal.decide()
    report = journal.audit()
    assert (report.verdict, report.records, report.signed) == (Verdict.PASS, 12, 11)


def test_one_flipped_byte_is_found_wherever_it_is(journal: Journal) -> None:
    """Any bit of any stored column of any record: the record is named, and no other."""
    chance = random.Random(7)
    rows = [
        (row.sequence, name, getattr(row, name).encode())
        for row in journal.store.rows()
        for name in ("text", "digest", "kind", "environment", "model")
    ]
    places = [(row, at) for row in rows for at in range(len(row[2]))]
    for (sequence, name, content), at in chance.sample(places, 150):
        flipped = bytearray(content)
        flipped[at] ^= 1 << chance.randrange(8)
        sql = f"UPDATE journal SET {name}=CAST(? AS TEXT) WHERE sequence=?"  # noqa: S608 - the names stand above
        alter(journal, sql, bytes(flipped), sequence)
        report = verify(journal.store, journal.repository)
        assert {finding.path for finding in report.findings} == {f"journal#{sequence}"}, (name, at, bytes(flipped))
        alter(journal, sql, content, sequence)
    assert journal.problems() == []


@pytest.mark.parametrize("sequence", [1, 4, 11])
def test_a_record_that_was_removed_is_named(journal: Journal, sequence: int) -> None:
    """A gap is a gap, wherever it is."""
    alter(journal, "DELETE FROM journal WHERE sequence=?", sequence)
    assert (f"journal#{sequence}", MISSING) in journal.problems()
    assert journal.audit().verdict is Verdict.FAIL


def test_a_cut_tail_is_found(journal: Journal) -> None:
    """The heads in Git remember how far the chain went; nothing is signed over the cut."""
    alter(journal, "DELETE FROM journal WHERE sequence > 8")
    assert journal.problems() == [("journal#9", MISSING)]
    with pytest.raises(IntegrityError, match="Git knows record 11"):
        journal.sign()


@pytest.mark.parametrize("first", [2, 6, 7, 11])
def test_a_chain_that_was_made_anew_from_a_record_on_is_found(journal: Journal, first: int) -> None:
    """A forged rest agrees with itself, and not with the heads in Git."""
    rewrite(journal, first)
    assert {rule for _, rule in journal.problems()} == {ALTERED}
    assert journal.problems()[0][0] == ("journal#6" if first <= 6 else "journal#11")


def test_a_chain_that_was_signed_anew_with_another_key_is_found(journal: Journal) -> None:
    """A forger without the key cannot sign for the chain, whose first record states the key."""
    (journal.state / "forger").mkdir()
    journal.signer = KeyFile(journal.state / "forger" / "key")
    rewrite(journal, 8)
    journal.decide()
    journal.sign()
    assert (HEADS_REF, "audit/other-key") in journal.problems()


def test_a_whole_new_chain_with_a_new_key_is_found(journal: Journal) -> None:
    """Git remembers the chain before, which the forged first record does not name."""
    (journal.state / "forger").mkdir()
    journal.signer = KeyFile(journal.state / "forger" / "key")
    rewrite(journal, 1)
    journal.decide()
    journal.sign()
    assert ("journal#1", "audit/other-chain") in journal.problems()


def test_heads_that_were_taken_out_of_git_are_found(journal: Journal) -> None:
    """A rewritten notes ref no longer holds what was signed here."""
    git(journal.remote, "update-ref", "-d", HEADS_REF)
    assert journal.problems() == [(HEADS_REF, "audit/rewritten-heads")]


def test_a_forged_head_is_found(journal: Journal) -> None:
    """A head whose text was changed has a signature that does not hold."""
    note = json.loads(journal.repository.read_note(HEADS_REF, "4b825dc642cb6eb9a060e54bf8d69288fbee4904") or "")
    note["head"] = note["head"].replace('"sequence":11', '"sequence":12')
    forged = json.dumps(note)
    git(
        journal.remote,
        "notes",
        "--ref=fairlead/heads",
        "add",
        "--force",
        "-m",
        forged,
        "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    )
    assert journal.problems() == [(HEADS_REF, "audit/rewritten-heads")]


def test_without_a_head_nothing_vouches(journal: Journal) -> None:
    """No head is not a pass."""
    git(journal.remote, "update-ref", "-d", HEADS_REF)
    alter(journal, "DELETE FROM facts")
    report = journal.audit()
    assert report.verdict is Verdict.INSUFFICIENT
    assert [finding.rule for finding in report.findings] == ["audit/no-head"]


def test_a_damaged_database_is_a_finding(journal: Journal) -> None:
    """A file that the database cannot read any more is told as such, with the record that could not be reached."""
    for _ in range(60):
        journal.store.append(draft(why="x" * 4000))
    journal.store.close()
    with closing(sqlite3.connect(journal.state / SQLITE_FILE)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = journal.state / SQLITE_FILE
    content = bytearray(path.read_bytes())
    page = len(content) // 2 // 4096 * 4096
    content[page : page + 64] = b"\xff" * 64
    path.write_bytes(bytes(content))
    assert journal.audit().verdict is Verdict.FAIL


def test_heads_are_rate_limited(journal: Journal) -> None:
    """Between two heads lies a minute, unless a caller wants one now; nothing new is not signed again."""
    assert sign_head(journal.store, journal.repository, journal.signer, journal.clock, every=NOW) is None
    journal.decide()
    assert sign_head(journal.store, journal.repository, journal.signer, journal.clock) is None
    journal.clock.advance(timedelta(minutes=1))
    assert sign_head(journal.store, journal.repository, journal.signer, journal.clock) is not None
