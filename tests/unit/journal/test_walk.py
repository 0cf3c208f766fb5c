"""What is wrong with stored rows is told by the number of the record."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.domain.journal import Draft, JournalRow, chain, read_record, record_text, row_of
from fairlead.domain.journal_walk import walk
from fairlead.kernel.errors import IntegrityError
from fairlead.testing.state import MemoryState
from fairlead.testing.state_contract import ANN, MOMENT, draft
from fairlead.testing.time import ManualClock


def rows(count: int = 5) -> list[JournalRow]:
    """A sound journal."""
    store = MemoryState(ManualClock(MOMENT))
    for place in range(count):
        store.append(draft(model="digits", place=place))
    return list(store.rows())


def faults(changed: list[JournalRow]) -> list[tuple[int, str]]:
    """Number and rule of each fault."""
    return [(fault.sequence, fault.rule) for seen in walk(changed) for fault in seen.faults]


def test_a_sound_journal_has_no_faults() -> None:
    """Nothing is found where nothing is wrong."""
    assert faults(rows()) == []
    assert faults([]) == []


@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("column", ["text", "digest", "kind", "environment", "model"])
def test_an_altered_column_names_its_record(column: str, place: int) -> None:
    """Whichever column was altered, that record is named and no other."""
    changed = rows()
    changed[place] = replace(changed[place], **{column: getattr(changed[place], column) + "x"})
    assert faults(changed) == [(place + 1, "altered-record")]


@pytest.mark.parametrize("place", range(4))
def test_a_forged_record_is_named_by_its_successor(place: int) -> None:
    """A record that was written anew, with the right digest beside it, is not the one that the next one remembers."""
    changed = rows()
    before = read_record(changed[place].text).before
    changed[place] = row_of(chain(place + 1, MOMENT, draft(model="digits", place="forged"), before))
    assert faults(changed) == [(place + 1, "altered-record")]


def test_gaps_are_named() -> None:
    """What is missing is told once, and what follows is still checked."""
    sound = rows()
    assert faults([sound[0], *sound[3:]]) == [(2, "missing-record")]
    assert faults(sound[2:]) == [(1, "missing-record")]


def test_a_text_that_is_no_record_is_named() -> None:
    """A text with the right digest that says nothing."""
    import hashlib

    changed = rows()
    digest = hashlib.sha256(b"{}").hexdigest()
    changed[2] = replace(changed[2], text="{}", digest=digest)
    assert (3, "unreadable-record") in faults(changed)


TEXTS = st.text(st.characters(codec="utf-8"))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(TEXTS, VALUES, max_size=4), TEXTS)
def test_a_record_reads_back_as_it_was_written(body: dict[str, object], model: str) -> None:
    """Any text in any script: the stored text gives the same record, and the same text again."""
    record = chain(1, MOMENT, Draft("test.noted", ANN, model=model, body=body), "0" * 64)
    assert read_record(record_text(record)) == record
    assert record.draft.body == body


def test_a_record_holds_no_float() -> None:
    """A float's text is not portable; a Decimal is kept as its plain text."""
    with pytest.raises(TypeError, match=r"body\.costs\[1\]"):
        chain(1, MOMENT, draft(costs=[1, 0.5]), "0" * 64)
    assert chain(1, MOMENT, draft(cost=Decimal("1E+2")), "0" * 64).draft.body == {"cost": "100"}


def test_a_strange_text_is_refused() -> None:
    """What is no record raises, with the next thing to do."""
    for text in ("", "[]", "{}", '{"sequence": 1}'):
        with pytest.raises(IntegrityError, match="audit verify"):
            read_record(text)
