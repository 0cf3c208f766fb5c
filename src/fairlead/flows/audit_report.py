"""What an audit of the journal found: its rows walked once, and held against the signed heads that Git remembers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from fairlead.domain.finding import Finding, Severity, Verdict, judge
from fairlead.domain.journal import JournalRow, Record
from fairlead.domain.journal_head import HEADS_REF, Head, SignedHead, note_digest, read_note_text
from fairlead.domain.journal_walk import Seen, walk
from fairlead.drivers.signing import signature_holds
from fairlead.kernel.errors import BrokenWorldError, IntegrityError
from fairlead.kernel.windows import iso

__all__ = ["RESTORED", "STARTED", "AuditReport", "examine"]

STARTED = "journal.started"
"""Kind of the record that tells whose a chain is, and after which one it began."""

RESTORED = "state.restored"
"""Kind of the record that a restored backup goes on with."""

_SECOND = 2

_MOST = 100
"""Findings that are told; a journal that was replaced would have as many as records."""

_MEND = {
    "altered-record": "restore the state from a backup; the copy in hand is evidence, keep it",
    "missing-record": "restore the state from a backup; the copy in hand is evidence, keep it",
    "began-anew": "look into Git for what happened before; a backup of that time would still verify",
    "no-head": "run fairlead up once with the repository reachable, so that a head is signed into Git",
    "other-chain": "ask who replaced the state; restore it from a backup",
    "other-key": "ask who signed; the first record and the heads in Git name the keys",
    "restored": "look into the backup's date, and into Git for what happened since",
    "rewritten-heads": "compare with an older clone of the repository, which still has the heads that were taken away",
}


@dataclass(frozen=True, slots=True)
class AuditReport:
    """The state of a journal. `signed` is the newest record that a head in Git vouches for (0: none).

    A finding's path is `journal#<sequence>`, or the ref of the heads. `fail` means altered, cut or signed anew;
    `insufficient` that there is no head to compare with.
    """

    verdict: Verdict
    findings: tuple[Finding, ...]
    records: int
    chain: str
    began: datetime | None
    newest: Record | None
    heads: int
    signed: int
    signed_at: datetime | None
    public_key: str


class _Walked:
    """What is kept of the rows while they pass: the first, the last and their number, and what the heads vouch for."""

    def __init__(self) -> None:
        self.first: Seen | None = None
        self.last: Seen | None = None
        self.records = 0
        self.chains: set[str] = set()
        """Digests of the first record, as its text, its row and its successor tell it: one, unless it was altered."""

        self.started: Record | None = None
        self.restored: list[Record] = []

    def lost(self, head: Head) -> bool:
        """Whether the head vouches for records that were lost when an older backup was restored after it."""
        return any(record.sequence <= head.sequence and head.at < record.at for record in self.restored)

    def see(self, rows: Iterable[JournalRow]) -> Iterator[Seen]:
        """Let the rows pass."""
        for seen in walk(rows):
            self.first = self.first or seen
            self.last = seen
            self.records += 1
            if seen.row.sequence == 1:
                self.chains |= {seen.digest, seen.row.digest}
            elif seen.row.sequence == _SECOND and seen.record:
                self.chains.add(seen.record.before)
            if seen.record and seen.record.draft.kind == STARTED:
                self.started = self.started or seen.record
            if seen.record and seen.record.draft.kind == RESTORED:
                self.restored.append(seen.record)
            yield seen


def examine(rows: Callable[[], Iterator[JournalRow]], notes: Sequence[str], workspace: tuple[str, str]) -> AuditReport:
    """Examine the journal that `rows` reads, with the `notes` of the heads' ref, newest first.

    `workspace` is (branch, folder): heads of other workspaces in the same repository are no concern of this one.
    """
    signed, findings = _read_notes(notes)
    ours = [item for item in signed if (item.head.branch, item.head.folder) == workspace]
    walked = _Walked()
    findings += _record_findings(rows, walked, ours)
    mine = [item for item in ours if item.head.chain in walked.chains]
    key = str(_beginning(walked).get("public_key", "")) or (mine[-1].head.public_key if mine else "")
    findings += _tail_findings(walked, mine)
    findings += _chain_findings(walked, ours)
    findings += _key_findings(mine, key)
    if not ours:
        message = "Git holds no head of this journal, so a cut tail or a chain made anew cannot be ruled out"
        findings.append(_finding(HEADS_REF, "no-head", message, Severity.INSUFFICIENT))
    last = walked.last.row.sequence if walked.last else 0
    held = next((item.head for item in mine if item.head.sequence <= last and not walked.lost(item.head)), None)
    return AuditReport(
        verdict=judge(findings),
        findings=tuple(findings[:_MOST]),
        records=walked.records,
        chain=walked.first.digest if walked.first else "",
        began=walked.first.record.at if walked.first and walked.first.record else None,
        newest=walked.last.record if walked.last else None,
        heads=len(ours),
        signed=held.sequence if held else 0,
        signed_at=held.at if held else None,
        public_key=key,
    )


def _read_notes(notes: Sequence[str]) -> tuple[list[SignedHead], list[Finding]]:
    """Heads whose signature holds, newest first; and what is wrong with the others, or with their order."""
    heads: list[SignedHead] = []
    findings: list[Finding] = []
    older = {""} | {note_digest(note) for note in notes}
    for note in notes:
        older.discard(note_digest(note))
        try:
            signed = read_note_text(note)
        except IntegrityError as error:
            findings.append(_finding(HEADS_REF, "rewritten-heads", error.what))
            continue
        named = f"the head of {iso(signed.head.at)} (record {signed.head.sequence})"
        if not signature_holds(signed.head.public_key, signed.text.encode(), signed.signature):
            findings.append(_finding(HEADS_REF, "rewritten-heads", f"{named} has a signature that does not hold"))
            continue
        heads.append(signed)
        if signed.head.before not in older:
            findings.append(_finding(HEADS_REF, "rewritten-heads", f"{named} names one before it that is not there"))
    return heads, findings


def _record_findings(
    rows: Callable[[], Iterator[JournalRow]], walked: _Walked, heads: Sequence[SignedHead]
) -> list[Finding]:
    """Faults of the rows, and the first record that a head remembers otherwise."""
    vouched: dict[int, list[SignedHead]] = defaultdict(list)
    for item in reversed(heads):
        vouched[item.head.sequence].append(item)
    findings: list[Finding] = []
    try:
        for seen in walked.see(rows()):
            told = [_finding(f"journal#{fault.sequence}", fault.rule, fault.message) for fault in seen.faults]
            for item in vouched.get(seen.row.sequence, ()):
                if item.head.chain not in walked.chains or item.head.digest in (seen.digest, seen.row.digest):
                    continue
                if walked.lost(item.head):
                    continue
                message = f"the head in Git of {iso(item.head.at)} vouches for another record {seen.row.sequence}"
                told.append(_finding(f"journal#{seen.row.sequence}", "altered-record", message))
            findings += islice(told, max(0, _MOST - len(findings)))
    except BrokenWorldError as error:
        after = walked.last.row.sequence if walked.last else 0
        findings.append(_finding(f"journal#{after + 1}", "unreadable-record", error.what))
    return findings


def _tail_findings(walked: _Walked, mine: Sequence[SignedHead]) -> Iterator[Finding]:
    last = walked.last.row.sequence if walked.last else 0
    lost = [item.head for item in mine if walked.lost(item.head)]
    if lost:
        furthest_lost, restored = max(head.sequence for head in lost), walked.restored[-1]
        message = (
            f"an older backup was restored at {iso(restored.at)}: what came before it and after the backup is lost, up "
            f"to record {furthest_lost} of that time, which a head in Git vouches for"
        )
        yield _finding(f"journal#{restored.sequence}", "restored", message, Severity.WARNING)
    kept = [item for item in mine if not walked.lost(item.head)]
    furthest = max(kept, key=lambda item: item.head.sequence, default=None)
    if furthest and furthest.head.sequence > last:
        message = (
            f"the journal ends at record {last}, and the head in Git of {iso(furthest.head.at)} vouches for record "
            f"{furthest.head.sequence}: its tail was cut"
        )
        yield _finding(f"journal#{last + 1}", "missing-record", message)


def _chain_findings(walked: _Walked, ours: Sequence[SignedHead]) -> Iterator[Finding]:
    """Whether the chains that Git knows beside this one are accounted for by the record of its beginning."""
    others = [item.head for item in ours if item.head.chain not in walked.chains]
    if not others:
        return
    newest = others[0]
    known = f"chain {newest.chain[:12]} up to record {newest.sequence} of {iso(newest.at)}"
    named = _beginning(walked).get("last_head") or {}
    if walked.first is None:
        yield _finding("journal#1", "missing-record", f"the journal is empty, and Git knows {known}")
    elif [named.get(field) for field in ("chain", "sequence", "digest")] == [
        newest.chain,
        newest.sequence,
        newest.digest,
    ]:
        message = f"the state was lost once: this chain began after {known}, and says so"
        yield _finding("journal#1", "began-anew", message, Severity.WARNING)
    else:
        message = f"Git knows {known}, which this journal does not name: its chain was made anew"
        yield _finding("journal#1", "other-chain", message)


def _key_findings(mine: Sequence[SignedHead], key: str) -> Iterator[Finding]:
    other = next((item.head for item in reversed(mine) if item.head.public_key != key), None)
    if other:
        named = f"the head of {iso(other.at)} (record {other.sequence})"
        message = f"{named} was signed with the key {other.public_key[:16]}, and this chain's is {key[:16]}"
        yield _finding(HEADS_REF, "other-key", message)


def _beginning(walked: _Walked) -> Mapping[str, Any]:
    """What the record of the chain's beginning says; nothing where there is none."""
    return walked.started.draft.body if walked.started else {}


def _finding(path: str, rule: str, message: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(path, 0, 0, f"audit/{rule}", message, _MEND.get(rule, _MEND["altered-record"]), severity)
