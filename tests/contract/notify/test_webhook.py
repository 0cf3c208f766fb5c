"""A webhook over real HTTP: signed as Standard Webhooks says, and taken only where the receiver says so."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Iterator

import httpx2
import pytest

from fairlead.drivers.notify import webhook
from fairlead.drivers.notify.slack import slack_body
from fairlead.drivers.notify.webhook import WebhookSender, signing_key, webhook_body
from fairlead.kernel.errors import BrokenWorldError
from tests.contract.notify.http_receiver import receive
from tests.contract.notify.notices import AT, message, notice


@pytest.fixture
def client() -> Iterator[httpx2.Client]:
    """What the product sends by."""
    with httpx2.Client() as made:
        yield made


def test_the_signature_is_the_specifications() -> None:
    """The example of the specification's own libraries: key, id, timestamp, payload and signature."""
    key = signing_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = webhook.signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_can_verify_what_it_gets(client: httpx2.Client) -> None:
    """By nothing but the key, the three headers and the bytes; the body says what happened."""
    secret = "whsec_" + base64.b64encode(b"k" * 32).decode()
    with receive() as receiver:
        WebhookSender(client, f"{receiver.address}/in", signing_key(secret)).send(
            message(), webhook_body(message()), AT
        )
    (got,) = receiver.requests
    signed = f"{got.headers['webhook-id']}.{got.headers['webhook-timestamp']}.".encode() + got.body
    expected = base64.b64encode(hmac.new(b"k" * 32, signed, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{expected}"
    assert got.headers["webhook-timestamp"] == str(int(AT.timestamp()))
    told = json.loads(got.body)
    assert (told["type"], told["data"]["id"]) == ("fairlead.incident-opened", got.id)
    assert told["data"]["notices"][0]["at"] == "2026-11-23T12:00:05.000Z"
    assert told["data"]["notices"][0]["sequence"] == 7


def test_a_raw_secret_signs_as_its_text(client: httpx2.Client) -> None:
    """A secret without the prefix is a key as it stands; without a secret nothing is signed."""
    with receive() as receiver:
        for key in (signing_key("plain"), b""):
            WebhookSender(client, receiver.address, key).send(message(), b"{}", AT)
    signed, unsigned = receiver.requests
    content = f"{signed.id}.{signed.headers['webhook-timestamp']}.{{}}".encode()
    expected = base64.b64encode(hmac.new(b"plain", content, hashlib.sha256).digest()).decode()
    assert signed.headers["webhook-signature"] == f"v1,{expected}"
    assert "webhook-signature" not in unsigned.headers


def test_a_key_that_is_no_base64_is_refused() -> None:
    """After the prefix comes base64; the error does not repeat what was there."""
    with pytest.raises(BrokenWorldError, match="no base64") as caught:
        signing_key("whsec_not!base64")
    assert "not!base64" not in str(caught.value)


@pytest.mark.parametrize("answer", ["500", "429", "404", "410", "304"])
def test_only_a_success_took_it(client: httpx2.Client, answer: str) -> None:
    """Whatever else is answered, the message is still owed, and the code is told."""
    with receive(answer) as receiver, pytest.raises(BrokenWorldError, match=f"answers {answer}"):
        WebhookSender(client, receiver.address).send(message(), b"{}", AT)


def test_a_redirect_is_not_followed(client: httpx2.Client) -> None:
    """It would take a message, and its signature, to where nobody declared."""
    with receive("redirect") as receiver, pytest.raises(BrokenWorldError, match="answers 302"):
        WebhookSender(client, receiver.address).send(message(), b"{}", AT)
    assert [each.path for each in receiver.requests] == ["/"]


@pytest.mark.parametrize("how", ["hang", "drip", "flood"])
def test_a_bad_answer_ends(client: httpx2.Client, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """No answer, one that comes drop by drop, one without an end: each has its bound of time and size."""
    monkeypatch.setattr(webhook, "_SECONDS", 0.6)
    began = time.monotonic()
    with receive(how) as receiver, pytest.raises(BrokenWorldError, match=r"127\.0\.0\.1"):
        WebhookSender(client, receiver.address).send(message(), b"{}", AT)
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://example.com/x", "http://", "hooks", "http://[::1"])
def test_what_is_not_http_is_refused(client: httpx2.Client, url: str) -> None:
    """An address comes from a file that many may write, or from a secret: only http and https are asked."""
    with pytest.raises(BrokenWorldError, match="not http or https"):
        WebhookSender(client, url)


def test_an_address_is_never_told(client: httpx2.Client, caplog: pytest.LogCaptureFixture) -> None:
    """The path of a chat's webhook is its key: an error names the host alone."""
    with receive("500") as receiver:
        url = f"{receiver.address}/services/T0/B0/verysecret"
        with caplog.at_level(logging.WARNING), pytest.raises(BrokenWorldError) as refused:
            WebhookSender(client, url).send(message(), b"{}", AT)
    with pytest.raises(BrokenWorldError) as gone:
        WebhookSender(client, url).send(message(), b"{}", AT)
    told = f"{refused.value} {gone.value} {gone.value.__cause__} {caplog.text}"
    assert "verysecret" not in told
    assert "127.0.0.1" in told


def test_the_body_is_the_same_each_time() -> None:
    """A second attempt sends the same bytes, so that a receiver may compare them."""
    two = message(notice(), notice(sequence=8, kind="rolled-back", title="<b>ü\ud800"))
    for body in (webhook_body, slack_body):
        assert body(two) == body(two)
        json.loads(body(two))
    assert json.loads(webhook_body(two))["type"] == "fairlead.notices"


def test_slack_escapes_what_it_would_act_upon() -> None:
    """`&`, `<` and `>` are escaped in all that is markup, so that no name calls a channel; `text` stands alone."""
    hostile = notice(title="<!channel> a & b", message="<https://evil.example|click>", owner="<@U123>")
    told = json.loads(slack_body(message(hostile)))
    marked = [told["text"]] + [
        part["text"]
        for block in told["blocks"]
        for part in [*([block["text"]] if "text" in block else []), *block.get("elements", [])]
        if part["type"] == "mrkdwn"
    ]
    assert not [text for text in marked if "<" in text or ">" in text]
    assert "&lt;!channel&gt; a &amp; b" in told["text"]
    assert told["blocks"][0]["text"]["type"] == "plain_text"


def test_slack_takes_a_large_message() -> None:
    """At most 50 blocks, headers of 150 letters and texts of 3,000; what is left out is counted."""
    many = [notice(sequence=number, title="t" * 200, message="&" * 2_000) for number in range(90)]
    blocks = json.loads(slack_body(message(*many)))["blocks"]
    assert len(blocks) <= 50
    assert len(blocks[0]["text"]["text"]) <= 150
    assert max(len(each["text"]["text"]) for each in blocks[1:-1]) <= 3_000
    assert "70 more" in blocks[-1]["elements"][0]["text"]


def test_a_storm_is_bounded() -> None:
    """The first hundred are written out, the others are counted."""
    many = message(*(notice(sequence=number) for number in range(500)))
    data = json.loads(webhook_body(many))["data"]
    assert ([each["sequence"] for each in data["notices"]], data["more"]) == (list(range(100)), 400)
    assert data["title"] == "unhealthy: digits in prod (and 499 more)"
