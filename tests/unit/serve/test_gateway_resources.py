"""What Envoy is told, as data: clusters that never change, scripts that hold no key, and rotation of the log."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from fairlead.domain.serving import CustomerKey, GatewayConfig, Listener, Route, WeightedBackend
from fairlead.serve.gateway.access_log import rotate
from fairlead.serve.gateway.clusters import clusters
from fairlead.serve.gateway.routes import route_configuration
from fairlead.serve.gateway.saved import SavedConfigs, version_of
from fairlead.serve.gateway.scripts import customer_script


def backend(release: str = "a" * 64, *ports: int, weight: int = 100) -> WeightedBackend:
    """A valid backend."""
    return WeightedBackend(release, "m@1", ports or (9000,), weight)


def config(*backends: WeightedBackend) -> GatewayConfig:
    """A valid configuration of one model."""
    return GatewayConfig(
        listeners=(Listener("prod", "127.0.0.1", 8000),),
        routes=(Route("prod", "m", "oip", backends),),
        keys=(CustomerKey("ab" * 32, "acme"),),
        customer_header="X-Customer",
        trusted_proxies=("10.1.0.0/16", "fd00::/8"),
    )


def test_other_ports_are_another_cluster() -> None:
    """So that no cluster changes under traffic; the order of ports does not matter."""
    first, same, other = (list(clusters(config(backend("a" * 64, *ports)))) for ports in ((1, 2), (2, 1), (1, 3)))
    assert first == same
    assert first != other


def test_a_backend_without_weight_stays_warm() -> None:
    """It has a cluster and no share of the traffic."""
    both = config(backend(weight=100), backend("b" * 64, weight=0))
    shares = route_configuration("prod", both)["virtual_hosts"][0]["routes"][0]["route"]["weighted_clusters"]
    assert len(clusters(both)) == 2
    assert [share["weight"] for share in shares["clusters"]] == [100]


def test_only_what_is_unseen_is_sent_again() -> None:
    """One retry, for connections that failed before the request had left."""
    action = route_configuration("prod", config(backend()))["virtual_hosts"][0]["routes"][0]["route"]
    assert action["retry_policy"]["num_retries"] == 1
    assert action["retry_policy"]["retry_on"] == "connect-failure,reset-before-request"


def test_a_script_cannot_be_broken_out_of() -> None:
    """Names of customers are written so that no character ends the string."""
    odd = replace(config(), keys=(CustomerKey("ab" * 32, 'x"] = 1; os.exit() --\n\\é'),))
    line = next(line for line in customer_script(odd).splitlines() if "abab" in line)
    value = line.partition(" = ")[2]
    assert value.count('"') == 2
    assert value.endswith('"')
    assert "\\010\\092\\195\\169" in value


def test_proxies_are_networks_in_bits() -> None:
    """Both address families; the header's name in lower case, as Envoy compares it."""
    script = customer_script(config())
    assert '"4:0000101000000001", "6:11111101"' in script
    assert 'local HEADER = "x-customer"' in script


def test_a_configuration_comes_back_whole(tmp_path: Path) -> None:
    """By its version, which any change changes; the others can be dropped."""
    saved = SavedConfigs(tmp_path)
    one, two = config(backend()), config(backend("b" * 64))
    first, second = saved.save(one), saved.save(two)
    assert first == version_of(one) != second
    assert (saved.load(first), saved.load(second)) == (one, two)
    saved.keep_only(second)
    assert saved.load(first) is None
    assert saved.load("") is None


@pytest.mark.parametrize("kept", [(), (1, 2), (7,)])
def test_a_rotation_counts_upwards(tmp_path: Path, kept: tuple[int, ...]) -> None:
    """After the highest number that is there; an empty log stays; the reopening comes after the rename."""
    for number in kept:
        (tmp_path / f"access.{number}.log").touch()
    log = tmp_path / "access.log"
    log.touch()
    assert rotate(tmp_path, log.touch) is None
    log.write_text("line\n")
    aside = rotate(tmp_path, log.touch)
    assert aside == tmp_path / f"access.{max(kept, default=0) + 1}.log"
    assert aside.read_text() == "line\n"
    assert log.read_text() == ""
