"""Who may come in: nobody without the token, no foreign host or page, and never in the clear from elsewhere."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from tests.e2e.spine.machine import Machine

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def test_every_door(machine: Machine) -> None:
    """No path of API or page answers without the token; a foreign Host or Origin is refused, with the token too."""
    running = machine.start()
    page = urlsplit(running.page())
    address, token = f"http://{page.netloc}", parse_qs(page.query)["token"][0]
    paths = [path for path in running.api("/api/v1/openapi.json").json()["paths"] if "{" not in path]
    assert len(paths) > 5
    for path in (*paths, "/", "/incidents", "/journal"):
        if not path.startswith(("/healthz", "/readyz", "/hooks", "/static")):
            assert httpx2.get(f"{address}{path}").status_code == 401, path
            assert httpx2.get(f"{address}{path}", headers={"authorization": "Bearer wrong"}).status_code == 401
    assert running.api("/api/v1/fleet", host="evil.example").status_code == 400
    assert running.api("/api/v1/sync", "POST", origin="http://evil.example").status_code == 403
    cookie = httpx2.get(f"{address}/?token={token}").headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie.replace("Strict", "strict")
    by_cookie = {"cookie": cookie.partition(";")[0]}
    assert httpx2.get(f"{address}/api/v1/fleet", headers=by_cookie).status_code == 200
    assert httpx2.post(f"{address}/api/v1/sync", headers=by_cookie, json={}).status_code == 403, "no origin stated"
    assert httpx2.get(f"{address}/healthz").status_code == 200


@pytest.mark.parametrize("words", [["--address", "0.0.0.0"], ["--address", "::"]])  # noqa: S104 - it is refused
def test_another_address_without_tls_is_refused(machine: Machine, words: list[str]) -> None:
    """Exit 2 with the mend, before anything starts."""
    refused = machine.run("up", "--port", "0", *words, exit_code=2)
    assert "TLS certificate" in refused.stderr
    assert machine.processes() == {}
