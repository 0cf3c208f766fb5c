"""What Envoy is told, as data: clusters that never change, scripts that hold no key, and rotation of the log."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from fairlead.domain.serving import CustomerKey, GatewayConfig, Listener, Route, WeightedBackend
from fairlead.kernel.errors import BrokenWorldError
from fairlead.serve.gateway.clusters import COPIES, cluster_name, clusters
from fairlead.serve.gateway.resources import Resource
from fairlead.serve.gateway.rotation import keep_newest, set_aside
from fairlead.serve.gateway.routes import route_configuration
from fairlead.serve.gateway.saved import SavedConfigs, version_of
from fairlead.serve.gateway.scripts import customer_script
from fairlead.serve.gateway.testers import naming


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


def everybody(config: GatewayConfig) -> Resource:
    """The route of those who name no release."""
    routes: list[Resource] = route_configuration("prod", config)["virtual_hosts"][0]["routes"]
    return next(each for each in routes if each["match"] == {"path_separated_prefix": "/v2/models/m"})


def test_other_ports_are_another_cluster() -> None:
    """So that no cluster changes under traffic; the order of ports does not matter."""
    first, same, other = (list(clusters(config(backend("a" * 64, *ports)))) for ports in ((1, 2), (2, 1), (1, 3)))
    assert first == same
    assert first != other


def test_a_backend_without_weight_stays_warm() -> None:
    """It has a cluster and no share of the traffic."""
    both = config(backend(weight=100), backend("b" * 64, weight=0))
    shares = everybody(both)["route"]["weighted_clusters"]
    assert len(clusters(both)) == 2
    assert [share["weight"] for share in shares["clusters"]] == [100]


def test_the_order_of_shares_is_not_that_of_their_telling() -> None:
    """A key keeps to its side of two releases, whichever is told first; who is hashed depends on both."""
    first, second = backend(weight=70), backend("b" * 64, weight=30)
    told = [replace(config(*pair).routes[0], sticky="customer") for pair in ((first, second), (second, first))]
    one, other = (everybody(replace(config(), routes=(route,)))["route"] for route in told)
    assert one == other
    assert [each["weight"] for each in one["weighted_clusters"]["clusters"]] == [70, 30]
    assert one["hash_policy"] != everybody(sticky(first, backend("c" * 64, weight=30)))["route"]["hash_policy"]


def sticky(*backends: WeightedBackend) -> GatewayConfig:
    """A configuration whose customers keep to a release."""
    plain = config(*backends)
    return replace(plain, routes=(replace(plain.routes[0], sticky="customer"),))


def test_the_customer_is_told_only_where_it_is_asked_for() -> None:
    """Otherwise the script neither sets the header nor has the route chosen anew."""
    scripts = [json.dumps(route_configuration("prod", each)) for each in (config(backend()), sticky(backend()))]
    assert ["local TOLD_IN = nil" in each for each in scripts] == [True, False]


def test_copies_go_to_a_release_behind_the_route() -> None:
    """Their share and place are in the route; a release that is not there is an error, never silence."""
    plain = config(backend(), backend("b" * 64, weight=0))
    copied = replace(plain.routes[0], mirror="b" * 64, mirrored=40, answers=True)
    policy = everybody(replace(plain, routes=(copied,)))["route"]["request_mirror_policies"][0]
    assert policy["runtime_fraction"]["default_value"] == {"numerator": 40, "denominator": "HUNDRED"}
    told = [each["append"]["header"]["value"] for each in policy["request_headers_mutations"]]
    assert told == [cluster_name(copied, copied.backends[1]), "yes"]
    assert COPIES in clusters(replace(plain, routes=(copied,)))
    assert COPIES not in clusters(plain)
    with pytest.raises(BrokenWorldError, match="cccccccccccc"):
        route_configuration("prod", replace(plain, routes=(replace(copied, mirror="c" * 64),)))


def test_expressions_stay_below_envoys_limit() -> None:
    """Every name of a release is matched by exactly one of the expressions, and nothing else is."""
    digest = "0123456789abcdef" * 4
    names = list(naming(WeightedBackend(digest, "m@1", (1,), 0)))
    exact, *patterns = (each["string_match"] for each in names)
    assert exact == {"exact": "m@1"}
    for length in range(1, 65):
        found = [bool(re.fullmatch(each["safe_regex"]["regex"], digest[:length])) for each in patterns]
        assert any(found) == (length >= 12)
        assert not any(re.fullmatch(each["safe_regex"]["regex"], digest[:length] + "x") for each in patterns)


def test_only_what_is_unseen_is_sent_again() -> None:
    """One retry, for connections that failed before the request had left."""
    action = everybody(config(backend()))["route"]
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


def test_a_configuration_of_an_older_fairlead_comes_back(tmp_path: Path) -> None:
    """Its routes know neither copies nor keys; what was added to a route has its default."""
    saved = SavedConfigs(tmp_path)
    version = saved.save(config(backend()))
    path = tmp_path / f"config.{version}.json"
    raw = json.loads(path.read_text())
    for route in raw["routes"]:
        for added in ("mirror", "mirrored", "sticky", "answers"):
            del route[added]
    path.write_text(json.dumps(raw))
    assert saved.load(version) == config(backend())


def test_a_configuration_comes_back_whole(tmp_path: Path) -> None:
    """By its version, which any change changes; the others can be dropped."""
    saved = SavedConfigs(tmp_path)
    rolling = replace(config().routes[0], mirror="b" * 64, mirrored=5, sticky="header:x-session", answers=True)
    one, two = config(backend()), replace(config(), routes=(rolling,))
    first, second = saved.save(one), saved.save(two)
    assert first == version_of(one) != second
    assert (saved.load(first), saved.load(second)) == (one, two)
    saved.keep_only(second)
    assert saved.load(first) is None
    assert saved.load("") is None


@pytest.mark.parametrize("name", ["access", "shadow"])
@pytest.mark.parametrize("kept", [(), (1, 2), (7,), (9, 10)])
def test_a_rotation_counts_upwards(tmp_path: Path, kept: tuple[int, ...], name: str) -> None:
    """After the highest number of this log; an empty log stays; the reopening comes after the rename."""
    for number in kept:
        (tmp_path / f"{name}.{number}.log").touch()
    for other in ("access.99.log", "shadow.99.log", f"{name}.x.log", f"{name}.1.txt"):
        if not other.startswith(f"{name}.9"):
            (tmp_path / other).touch()
    log = tmp_path / f"{name}.log"
    log.touch()
    assert set_aside(log, log.touch) is None
    log.write_text("line\n")
    aside = set_aside(log, log.touch)
    assert aside == tmp_path / f"{name}.{max(kept, default=0) + 1}.log"
    assert aside.read_text() == "line\n"
    assert log.read_text() == ""


def test_of_old_lines_the_newest_are_kept(tmp_path: Path) -> None:
    """By number, not by name; the present log and the other one are left alone."""
    for name in ("shadow.log", "shadow.2.log", "shadow.10.log", "shadow.9.log", "access.1.log"):
        (tmp_path / name).touch()
    keep_newest(tmp_path / "shadow.log", 1)
    assert {path.name for path in tmp_path.iterdir()} == {"shadow.log", "shadow.10.log", "access.1.log"}
    keep_newest(tmp_path / "shadow.log", 1)
    assert len(list(tmp_path.iterdir())) == 3
