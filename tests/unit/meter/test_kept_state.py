"""What the meter keeps between two windows, and when the machine is paid for."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from fairlead.domain.usage import CorePrice, MachineSession
from fairlead.kernel.windows import Window
from fairlead.meter.checkpoint import Checkpoint, PriceMark, decode, encode
from fairlead.meter.collectors.access_log import LogPosition
from fairlead.meter.sessions import begin, decode_sessions, encode_sessions, end
from fairlead.meter.tally import CustomerNames
from fairlead.meter.unmetered import ServerCounts
from fairlead.meter.window import MachineFacts, open_window
from tests.unit.meter.access_lines import at

WHOLE = Checkpoint(
    next_start=at(300),
    since=at(3.25),
    position=LogPosition(5, "ab", 2, 700),
    rows=(("prod", "digits", "d", "acme", (1, 2)),),
    upstream=(("g1", "127.0.0.1:1", 3),),
    booked={"s1": 2**60},
    counts=ServerCounts({"s1": 4}, {"s1": 1}),
    price=PriceMark(at(0), CorePrice(Decimal("0.042500000001"), "EUR", "list")),
)


def facts(*sessions: MachineSession, minutes: int = 5) -> MachineFacts:
    """Sessions and a window's length; nothing runs."""
    return MachineFacts(sessions, (), None, timedelta(minutes=minutes))


def test_checkpoint_survives_its_text() -> None:
    """Everything comes back as it was, to the last digit."""
    assert decode(encode(WHOLE)) == WHOLE
    assert decode(encode(Checkpoint(at(0), at(0)))) == Checkpoint(at(0), at(0))
    assert decode({}) is None


def test_carried_rows_go_on_with_their_customers() -> None:
    """A customer who had a row before a restart keeps it after."""
    names = CustomerNames(frozenset(), 1)
    assert WHOLE.tally(names).rows == {("prod", "digits", "d", "acme"): [1, 2]}
    assert (names.row_name("acme"), names.row_name("bolt")) == ("acme", "other")


def test_session_survives_restarts_and_ends_once() -> None:
    """A second `up` goes on with the session; a drained stop ends it; the next `up` begins another."""
    sessions = begin(begin((), at(0), 2), at(9), 8)
    assert sessions == (MachineSession(at(0), None, 2),)
    sessions = end(end(sessions, at(20)), at(30))
    assert sessions == (MachineSession(at(0), at(20), 2),)
    assert begin(sessions, at(40), 4)[-1] == MachineSession(at(40), None, 4)
    assert decode_sessions(encode_sessions(sessions)) == sessions
    assert decode_sessions(None) == ()


def test_windows_follow_one_another_and_skip_unpaid_time() -> None:
    """Between two sessions nothing is metered; the next window is the next session's first."""
    first, second = MachineSession(at(10), at(200), 2), MachineSession(at(1_000), None, 2)
    assert open_window(at(0), facts(first)) == Window(at(0), at(300))
    assert open_window(at(300), facts(first)) is None
    assert open_window(at(300), facts(first, second)) == Window(at(900), at(1_200))


def test_changed_length_takes_hold_without_a_gap() -> None:
    """The window after a change ends at the next multiple of the new length."""
    session = MachineSession(at(0), None, 2)
    assert open_window(at(300), facts(session, minutes=60)) == Window(at(300), at(3_600))
