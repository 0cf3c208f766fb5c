"""What each state means for the gateway and for the servers."""

from __future__ import annotations

import pytest

from fairlead.deliver.rollout.traffic import keeps, traffic
from fairlead.domain.rollout import Rollout, Traffic
from tests.unit.deliver.rollout.samples import BLUE_GREEN, CANARY, CLOSED, NEW, OLD, SHADOW, at, begun, looked, stepping

ALL_OLD, ALL_NEW = Traffic(((OLD.digest, 100),)), Traffic(((NEW.digest, 100),))
TESTERS = Traffic(((OLD.digest, 100), (NEW.digest, 0)))
BOTH = (OLD.digest, NEW.digest)
STICKY = CANARY | {"sticky": "customer"}


@pytest.mark.parametrize(
    ("rollout", "expected", "kept"),
    [
        (begun(CANARY), ALL_OLD, BOTH),
        (looked(begun(CANARY), at(1, hold=CLOSED)), TESTERS, BOTH),
        (looked(begun(CANARY), at(1, hold=CLOSED), at(2, ready=False)), ALL_OLD, BOTH),
        (stepping(CANARY | {"smoke": True}), TESTERS, BOTH),
        (stepping(STICKY), Traffic(((OLD.digest, 90), (NEW.digest, 10)), sticky="customer"), BOTH),
        (
            looked(stepping(STICKY), at(61, verdict="not-worse")),
            Traffic(((OLD.digest, 50), (NEW.digest, 50)), sticky="customer"),
            BOTH,
        ),
        (stepping(SHADOW), Traffic(TESTERS.shares, mirror=NEW.digest, mirrored=30, answers=True), BOTH),
        (stepping(BLUE_GREEN), Traffic(((NEW.digest, 100), (OLD.digest, 0))), BOTH),
        (looked(stepping(BLUE_GREEN), at(601)), ALL_NEW, (NEW.digest,)),
        (looked(stepping(BLUE_GREEN), at(2, verdict="worse")), ALL_OLD, (OLD.digest,)),
        (looked(stepping(CANARY), at(2, wanted="")), ALL_OLD, (OLD.digest,)),
    ],
)
def test_each_state_has_its_traffic(rollout: Rollout, expected: Traffic, kept: tuple[str, ...]) -> None:
    """Who answers, who is met by testers alone, who gets copies, and whose servers are kept for it."""
    assert (traffic(rollout), keeps(rollout)) == (expected, kept)
