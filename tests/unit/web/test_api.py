"""The API: JSON equal to the command line's, events that resume, a webhook that believes nothing, metrics."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import timedelta

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from fairlead.domain.journal import Actor
from fairlead.flows.fleet import Health
from fairlead.show.api import events
from fairlead.show.api.metrics import exposition, samples
from fairlead.show.outputs.json import to_json
from tests.unit.web import sample
from tests.unit.web.conftest import ADDRESS, TOKEN, Answers, client_of, lines

BODY = b'{"ref": "refs/heads/main"}'


def signed(body: bytes, key: str = "secret of HOOK") -> dict[str, str]:
    """Headers of a Git host that knows the secret."""
    return {"x-hub-signature-256": "sha256=" + hmac.new(key.encode(), body, hashlib.sha256).hexdigest()}


def test_the_fleet_is_what_the_command_line_prints(client: TestClient, answers: Answers) -> None:
    """Byte for byte, so that a program may read either."""
    assert client.get("/api/v1/fleet").text == to_json(answers.fleet) + "\n"
    assert client.get("/api/v1/models/assistant/history").text == to_json(answers.timeline, key="history") + "\n"


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/fleet?environment=staging", "rows"),
        ("/incidents?all=true", "incidents"),
        ("/models/assistant/releases/x", "findings"),
        ("/journal?kind=incident&limit=5", "records"),
        ("/logs?model=assistant", "lines"),
        ("/cost?by=customer&model=assistant", "cost"),
        ("/cost/rows?model=assistant&since=2026-11-01", "usage"),
    ],
)
def test_every_view_is_json_with_a_version(client: TestClient, answers: Answers, path: str, key: str) -> None:
    """Each says which schema it follows."""
    answers.lines = lines()
    document = client.get(f"/api/v1{path}").json()
    assert document["schema_version"] == 1
    assert key in document


def test_the_api_describes_itself(client: TestClient) -> None:
    """OpenAPI lists every route of the API, and no page."""
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    assert {"/api/v1/fleet", "/api/v1/cost", "/api/v1/events", "/api/v1/sync", "/hooks/git", "/metrics"} <= set(paths)
    assert "/incidents" not in paths


@pytest.mark.parametrize("path", ["/api/v1/journal?limit=0", "/api/v1/journal?limit=1001", "/api/v1/journal?before=x"])
def test_a_wrong_query_is_told(client: TestClient, path: str) -> None:
    """As a problem that names the parameter."""
    answer = client.get(path)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert "query." in answer.json()["detail"]


def test_suspending_over_the_api_hands_on_reason_and_end(client: TestClient, answers: Answers) -> None:
    """A moment without a zone is UTC."""
    client.post("/api/v1/models/digits/suspend", json={"reason": "audit", "until": "2026-11-24T00:00:00"})
    _, model, more = answers.acts[0]
    assert (model, more["reason"], more["until"].isoformat()) == ("digits", "audit", "2026-11-24T00:00:00+00:00")


def test_a_signed_push_wakes_the_loop(site: FastAPI, answers: Answers) -> None:
    """And no more than that: it is a look, not a sync, which would release what a person holds back."""
    answer = client_of(site).post("/hooks/git", content=BODY, headers=signed(BODY))
    assert answer.status_code == 202
    assert answers.acts == [("look", Actor("webhook", claimed=False))]


@pytest.mark.parametrize("headers", [{}, signed(BODY, "guess"), signed(b"other"), {"x-hub-signature-256": "sha256=é"}])
def test_an_unsigned_push_does_nothing(site: FastAPI, answers: Answers, headers: dict[str, str]) -> None:
    """Without the secret nobody wakes anything."""
    raw = {key.encode(): value.encode() for key, value in headers.items()}
    assert client_of(site).post("/hooks/git", content=BODY, headers=raw).status_code == 401
    assert answers.acts == []


def test_a_huge_push_is_refused(site: FastAPI, answers: Answers) -> None:
    """Its body is not kept in memory."""
    assert client_of(site).post("/hooks/git", content=b"x" * (5 * 1024 * 1024 + 1)).status_code == 413
    assert answers.acts == []


def test_a_defect_is_told_and_logged(site: FastAPI, answers: Answers) -> None:
    """Whoever asked learns where to look and nothing of what broke; the exception goes on to the server's log."""
    answers.fleet = None  # type: ignore[assignment]  # what no flow answers
    quiet = TestClient(site, base_url=ADDRESS, raise_server_exceptions=False)
    answer = quiet.get("/api/v1/fleet", headers={"authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 500
    assert "fairlead logs" in answer.json()["mend"]
    assert "NoneType" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    with pytest.raises(AttributeError):
        client_of(site).get("/api/v1/fleet", headers={"authorization": f"Bearer {TOKEN}"})


@pytest.fixture
def short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that ends after its second look, so that a test can read all of it."""
    monkeypatch.setattr(events, "_POLL", timedelta(milliseconds=1))
    monkeypatch.setattr(events, "_HEARTBEAT", timedelta(milliseconds=1))
    monkeypatch.setattr(events, "_LONGEST", timedelta(milliseconds=2))


def ids(stream: str) -> list[int]:
    """Sequences of the records in a stream."""
    blocks = [
        dict(line.split(": ", 1) for line in block.splitlines() if line[0] != ":") for block in stream.split("\n\n")
    ]
    return [int(block["id"]) for block in blocks if "data" in block]


@pytest.mark.usefixtures("short_streams")
def test_events_follow_the_journal(client: TestClient) -> None:
    """Every record after N, in order, whole; heartbeats between."""
    answer = client.get("/api/v1/events?after=57")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert ids(answer.text) == [58, 59, 60]
    assert ": still here" in answer.text
    data = [line.removeprefix("data: ") for line in answer.text.splitlines() if line.startswith("data: ")]
    assert json.loads(data[-1])["draft"]["kind"] == "control.started"


@pytest.mark.usefixtures("short_streams")
def test_events_resume_where_a_browser_was_cut(client: TestClient) -> None:
    """Last-Event-ID wins over the address that the page was opened with."""
    answer = client.get("/api/v1/events?after=3", headers={"last-event-id": "59"})
    assert ids(answer.text) == [60]


@pytest.mark.usefixtures("short_streams")
def test_events_begin_with_what_comes(client: TestClient) -> None:
    """Without a place, nothing of the past; and the place is told at once, so that a cut client resumes."""
    answer = client.get("/api/v1/events")
    assert ids(answer.text) == []
    assert "id: 60" in answer.text


@pytest.mark.usefixtures("short_streams")
def test_a_stream_gives_its_place_back(client: TestClient) -> None:
    """However many came and went, there is room for the next."""
    assert {client.get("/api/v1/events").status_code for _ in range(40)} == {200}


def test_metrics_show_gaps_never_zeros(client: TestClient) -> None:
    """What is not known has no sample; every family is described."""
    text = client.get("/metrics").text
    assert 'fairlead_release_requests{environment="prod",model="digits"} 1284512' in text
    assert 'fairlead_cost_month{environment="prod",model="digits",currency="USD"} 18.402113507128' in text
    assert 'fairlead_incidents_open{environment="prod",model="assistant",kind="git-not-live"} 1' in text
    assert "fairlead_loop_running 1" in text
    assert 'fairlead_latency_p99_seconds{environment="prod",model="embedder"}' not in text
    assert text.count("# HELP") == text.count("# TYPE") == 29


def test_a_label_is_escaped() -> None:
    """A name cannot end its line."""
    hostile = sample.row('a"b\\c\nd', health=Health.DOWN)
    text = exposition(samples(sample.fleet(rows=(hostile,)), (), 0, ()))
    assert 'model="a\\"b\\\\c\\nd"' in text
    assert all(line.startswith(("#", "fairlead_")) for line in text.splitlines())
