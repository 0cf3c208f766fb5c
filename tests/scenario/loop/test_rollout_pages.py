"""The pages and the API over rollouts that really happen: a repository, the loop, and requests in the gateway's log."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from fairlead.domain.rollout import Phase
from fairlead.kernel.digests import sha256_hex
from fairlead.show.api.access import Access
from fairlead.show.site.application import create_site
from tests.scenario.loop.test_rollouts import Canary, scene

__all__ = ["scene"]

TOKEN = "a-token"
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def client(scene: Canary) -> Iterator[TestClient]:
    """An operator's program, on loopback."""
    site = create_site(scene.world, Access(sha256_hex(TOKEN.encode())))
    with TestClient(site, base_url="http://127.0.0.1:8700", headers=BEARER) as made:
        yield made


def text_of(client: TestClient, path: str) -> str:
    """What a page says, in one line."""
    answer = client.get(path)
    assert answer.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())


def test_a_canary_is_followed_and_aborted_from_its_page(scene: Canary, client: TestClient) -> None:
    """What was measured is drawn; a person's word stands in the journal, is obeyed, and its end is told."""
    before = scene.routed()["digits"]
    scene.bring("second")
    scene.until(Phase.STEPPING)
    for seed in range(3):
        scene.ask(400, seed=seed)
        scene.clock.advance(timedelta(seconds=8))
        scene.look()
    shown = text_of(client, "/models/digits")
    assert "rolling 20 %" in shown
    assert "step 1 of 2" in shown
    assert client.get("/models/digits").text.count('class="band"') == 2
    answer = client.post("/api/v1/rollouts/prod/digits/abort", json={"reason": "wrong labels"})
    assert (answer.status_code, answer.json()["outcome"]) == (202, "waiting")
    scene.look()
    assert scene.routed()["digits"] == before
    told = client.get("/api/v1/rollouts/prod/digits").json()
    assert (told["phase"], told["overrides"]) == ("aborted", 1)
    assert "aborted by operator: wrong labels" in text_of(client, "/models/digits")


def test_a_rollback_is_an_incident_however_fast_its_revert_is(scene: Canary, client: TestClient) -> None:
    """Cause, commit, what was done and how long it took stand on the page when all is well again."""
    bad = scene.bring("bad", subject="Make digits worse")
    scene.until(Phase.ABORTED, bad=0.3)
    for _ in range(100):
        time.sleep(0.05)
        if not scene.look().working and not scene.incidents():
            break
    revert = scene.git("log", "-1", "--format=%H")
    (incident,) = client.get("/api/v1/incidents?all=true").json()["incidents"]
    assert (incident["kind"], incident["commit"]) == ("rolled-back", bad)
    assert incident["closed"]
    shown = text_of(client, "/incidents?all=1&kind=rolled-back")
    assert "error-rate is worse" in shown
    assert f"Reverted in Git, commit {revert[:12]} on main" in shown
    assert "recovered in" in shown
    assert "Aborted : error-rate is worse" in text_of(client, "/models/digits")


def test_what_was_taken_back_stands_in_the_timeline(scene: Canary, client: TestClient) -> None:
    """Beside what went live: who committed it, and why it went."""
    before = scene.routed()["digits"]
    bad = scene.bring("bad", subject="Make digits worse")
    scene.until(Phase.ABORTED, bad=0.3)
    entry, first = client.get("/api/v1/models/digits/history").json()["history"]
    assert (entry["release"], entry["state"], entry["since"]) == (f"digits@{bad[:12]}", "rolled-back", None)
    assert entry["commit"]["subject"] == "Make digits worse"
    assert entry["message"].startswith("error-rate is worse")
    assert (first["release"], first["state"]) == (before, "live")
    assert re.search(r"rolled back .*Make digits worse", text_of(client, "/models/digits"))
