"""Requests that a killed gateway's log lost."""

from __future__ import annotations

from fairlead.meter.unmetered import GatewayLoss, ServerCounts, find_unmetered
from tests.unit.meter.access_lines import at

SERVERS = {"127.0.0.1:4001": "s1", "127.0.0.1:4002": "s2"}
NOTHING = ServerCounts({}, {})


def lines(first: int = 0, second: int = 0, gateway: str = "g1") -> dict[tuple[str, str], int]:
    """Lines of two servers."""
    return {(gateway, "127.0.0.1:4001"): first, (gateway, "127.0.0.1:4002"): second}


def test_difference_to_the_servers_own_count_is_booked() -> None:
    """What the servers answered and the log does not hold is unmetered, per server."""
    loss = GatewayLoss(at(10), "g1", {"s1": 105, "s2": 50})
    found, after = find_unmetered([loss], lines(100, 50), SERVERS, NOTHING)
    assert found == {"s1": 5}
    assert after == ServerCounts({"s1": 100, "s2": 50}, {"s1": 5})


def test_lines_of_the_successor_do_not_hide_a_loss() -> None:
    """Only lines up to the end of the dead gateway are compared with the count of that moment."""
    window = lines(100) | lines(40, gateway="g2")
    found, after = find_unmetered([GatewayLoss(at(10), "g1", {"s1": 103})], window, SERVERS, NOTHING)
    assert (found, after.metered["s1"]) == ({"s1": 3}, 140)


def test_loss_told_again_is_booked_once() -> None:
    """A loss that is still listed in the next window finds nothing more."""
    loss = GatewayLoss(at(10), "g1", {"s1": 103})
    _, after = find_unmetered([loss], lines(100), SERVERS, NOTHING)
    found, again = find_unmetered([loss], lines(7, gateway="g2"), SERVERS, after)
    assert (found, again.unmetered) == ({}, {"s1": 3})


def test_two_deaths_in_one_window_are_compared_in_order() -> None:
    """The second count holds the first one's losses too, which are booked already."""
    losses = [GatewayLoss(at(20), "g2", {"s1": 160}), GatewayLoss(at(10), "g1", {"s1": 103})]
    found, _ = find_unmetered(losses, lines(100) | lines(50, gateway="g2"), SERVERS, NOTHING)
    assert found == {"s1": 10}


def test_server_without_a_count_books_nothing() -> None:
    """What cannot be compared is not guessed."""
    assert find_unmetered([GatewayLoss(at(10), "g1", {})], lines(100), SERVERS, NOTHING)[0] == {}


def test_more_lines_than_answers_is_no_loss() -> None:
    """A request that the server never finished has a line and no count."""
    assert find_unmetered([GatewayLoss(at(10), "g1", {"s1": 99})], lines(100), SERVERS, NOTHING)[0] == {}
