"""Who may come in: host, token, origin, role, and where a server may listen."""

from __future__ import annotations

import re

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from fairlead.domain.journal import Actor
from fairlead.kernel.errors import UsageError
from fairlead.show.api.access import Access, host_is_known, origin_is_own, serving_rules
from fairlead.show.site.application import create_site
from tests.unit.web.conftest import ADDRESS, TOKEN, Answers, client_of, world_of

VIEWS = [
    "/",
    "/incidents",
    "/journal",
    "/models/digits",
    "/api/v1/fleet",
    "/metrics",
    "/api/v1/openapi.json",
    "/nothing",
]
WRITES = ["/api/v1/sync", "/api/v1/models/digits/resume", "/models/digits/sync"]


@pytest.mark.parametrize("path", VIEWS)
@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer wrong"}, {"authorization": f"Basic {TOKEN}"}])
def test_nothing_is_shown_without_the_token(site: FastAPI, path: str, headers: dict[str, str]) -> None:
    """Page, API and metrics answer 401, and the answer holds nothing of the fleet."""
    answer = client_of(site).get(path, headers=headers)
    assert answer.status_code == 401
    assert "assistant" not in answer.text


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/static/tokens.css", "/static/page.js"])
def test_probes_and_style_need_no_token(site: FastAPI, path: str) -> None:
    """They hold no data."""
    assert client_of(site).get(path).status_code == 200


@pytest.mark.parametrize("path", ["/static/../pages.py", "/static/%2e%2e/pages.py", "/static/..%2fpages.py"])
def test_static_files_stay_in_their_folder(site: FastAPI, path: str) -> None:
    """A path that climbs out finds nothing."""
    assert client_of(site).get(path).status_code in {401, 404}


def test_the_token_moves_from_the_address_into_a_cookie(site: FastAPI) -> None:
    """It is redirected away at once, keeping the rest of the address; the cookie is for this site only."""
    with client_of(site) as browser:
        answer = browser.get("/journal", params={"text": "a b", "token": TOKEN})
        assert answer.status_code == 303
        assert answer.headers["location"] == "/journal?text=a+b"
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert browser.get("/").status_code == 200


def test_a_cookie_over_tls_is_secure(answers: Answers, access: Access) -> None:
    """It never travels in the clear, and the browser is told to come back over TLS only."""
    secure = Access(access.token_sha256, secure=True)
    answer = client_of(create_site(world_of(answers), secure)).get("/", params={"token": TOKEN})
    assert "; Secure" in answer.headers["set-cookie"]
    assert "strict-transport-security" in answer.headers


def test_a_wrong_token_in_the_address_sets_nothing(site: FastAPI) -> None:
    """It is refused, without a cookie."""
    answer = client_of(site).get("/", params={"token": "wrong"})
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers


def test_the_redirect_stays_here(site: FastAPI) -> None:
    """A path of two slashes is no way to another host."""
    answer = client_of(site).get(f"{ADDRESS}//evil.example/?token={TOKEN}")
    assert answer.headers["location"].startswith("/evil.example")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8700", "localhost.evil.example", "x@localhost", "", "[::1"]
)
def test_another_host_name_is_refused(client: TestClient, host: str) -> None:
    """A page whose name was made to resolve here (DNS rebinding) gets nothing, even with the token."""
    assert client.get("/api/v1/fleet", headers={"host": host}).status_code == 400


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8700", "127.0.0.1", "[::1]:8700", "fleet.example:443"])
def test_a_known_host_name_is_fine(host: str) -> None:
    """Loopback by its names, and what was configured."""
    assert host_is_known(Access("", hosts=("Fleet.example",)), host)


def test_an_origin_is_own_with_scheme_and_port() -> None:
    """Another port or scheme is another origin."""
    plain, secure = Access(""), Access("", secure=True)
    assert origin_is_own(plain, "http://localhost:8700", "localhost:8700")
    assert not origin_is_own(plain, "http://localhost:8701", "localhost:8700")
    assert not origin_is_own(plain, "https://localhost:8700", "localhost:8700")
    assert origin_is_own(secure, "https://localhost:8700", "localhost:8700")


@pytest.mark.parametrize("path", WRITES)
@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", None])
def test_a_browser_writes_from_its_own_pages_only(
    browser: TestClient, answers: Answers, path: str, origin: str | None
) -> None:
    """A form of another site, or one that hides where it comes from, does nothing."""
    answer = browser.post(path, headers={"origin": origin} if origin else {}, json={})
    assert answer.status_code == 403
    assert answers.acts == []


def test_a_bearer_is_no_way_around_the_origin(client: TestClient, answers: Answers) -> None:
    """Where an origin is stated, it must be ours."""
    assert client.post("/api/v1/sync", json={}, headers={"origin": "http://evil.example"}).status_code == 403
    assert answers.acts == []


def test_an_operator_acts_under_a_claimed_name(browser: TestClient, client: TestClient, answers: Answers) -> None:
    """From the page and over the API; the journal learns that the name is claimed."""
    assert browser.post("/models/digits/sync", headers={"origin": ADDRESS}).status_code == 303
    assert client.post("/api/v1/sync", json={"models": ["digits"]}).status_code == 202
    assert answers.acts == [("sync", ("digits",), Actor("operator", claimed=True))] * 2


def test_a_viewer_reads_and_does_not_act(answers: Answers, access: Access) -> None:
    """It sees no buttons either."""
    viewer = Access(access.token_sha256, role="viewer")
    with client_of(create_site(world_of(answers), viewer), {"authorization": f"Bearer {TOKEN}"}) as client:
        page = client.get("/models/digits", headers={"accept": "text/html"})
        assert page.status_code == 200
        assert 'method="post"' not in page.text
        assert client.post("/api/v1/sync", json={}).status_code == 403
    assert answers.acts == []


@pytest.mark.parametrize("path", ["/", "/api/v1/fleet", "/nothing", "/static/page.js", "/healthz"])
def test_every_answer_is_hardened(client: TestClient, path: str) -> None:
    """A browser loads nothing from elsewhere, runs no inline script, and frames nothing."""
    headers = client.get(path).headers
    policy = headers["content-security-policy"]
    for rule in (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
    ):
        assert rule in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static/") else "no-store")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_loopback_is_always_served(address: str) -> None:
    """Without TLS too."""
    serving_rules(address, tls=False, proxy=False)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.1.7", "fleet.example"])  # noqa: S104 - what is refused
def test_another_address_needs_tls(address: str) -> None:
    """Refused in the clear; fine with a certificate, or a stated proxy."""
    with pytest.raises(UsageError, match=re.escape(address)):
        serving_rules(address, tls=False, proxy=False)
    serving_rules(address, tls=True, proxy=False)
    serving_rules(address, tls=False, proxy=True)
