"""A message by HTTP, signed as Standard Webhooks says, so that the receiver knows who sent it, and what it has already.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: `webhook-id` (the same at
every attempt), `webhook-timestamp` (seconds since 1970, of this attempt), `webhook-signature` (`v1,` and the base64 of
HMAC-SHA256 over `<id>.<timestamp>.<body>`). Only a 2xx is an answer that took it; a redirect is none.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from fairlead.domain.notification import Message
from fairlead.kernel.errors import BrokenWorldError
from fairlead.kernel.windows import iso

if TYPE_CHECKING:
    import httpx2

__all__ = ["PREFIX", "WebhookSender", "signature", "signing_key", "webhook_body"]

PREFIX = "whsec_"
"""How a key in base64 begins."""

_SECONDS = 10.0
"""For one attempt, however slowly the answer comes."""

_LARGEST = 64 << 10
"""Of an answer, which nobody reads: whoever sends more has not taken the message."""


class WebhookSender:
    """One address. `key` empty signs nothing."""

    def __init__(self, client: httpx2.Client, url: str, key: bytes = b"") -> None:
        """Nothing is sent yet. BrokenWorldError for an address that is not http or https, without repeating it."""
        self._client = client
        self._url = url
        self._key = key
        self._host = _host(url)

    def send(self, message: Message, body: bytes, now: datetime) -> None:
        """One attempt. BrokenWorldError where nobody took it; it names the host, since a path may be a secret."""
        import httpx2

        until = time.monotonic() + _SECONDS
        headers = _headers(message.id, int(now.timestamp()), body, self._key)
        try:
            with self._client.stream(
                "POST", self._url, content=body, headers=headers, timeout=_SECONDS, follow_redirects=False
            ) as answer:
                size = 0
                for chunk in answer.iter_raw():
                    size += len(chunk)
                    if size > _LARGEST or time.monotonic() > until:
                        raise self._refused("its answer is too long, or comes too slowly")
                code = answer.status_code
        except (httpx2.HTTPError, httpx2.InvalidURL, OSError) as error:
            # The error's own words may hold the address; its name says enough.
            raise self._refused(f"it cannot be reached ({type(error).__name__})") from None
        if not 200 <= code < 300:  # noqa: PLR2004 - what HTTP calls success
            raise self._refused(f"it answers {code}")

    def _refused(self, what: str) -> BrokenWorldError:
        return BrokenWorldError(what, where=self._host, mend="see that it is up and takes POST requests")


def signing_key(secret: str) -> bytes:
    """The key that a secret stands for: base64 after `whsec_`, or its text. BrokenWorldError for what is no base64."""
    if not secret.startswith(PREFIX):
        return secret.encode()
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        mend = f"write `{PREFIX}` and base64, or a text that does not begin so"
        raise BrokenWorldError(f"the key of the signature is no base64 after `{PREFIX}`", mend=mend) from None


def signature(key: bytes, identity: str, timestamp: int, body: bytes) -> str:
    """`v1,` and the base64 of the HMAC-SHA256, by the specification's section on symmetric signatures."""
    signed = f"{identity}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def webhook_body(message: Message) -> bytes:
    """JSON with `type`, `timestamp` and `data`, as the specification recommends; the same bytes at every attempt."""
    notices = [{**asdict(each), "at": iso(each.at)} for each in message.shown]
    data = {
        "id": message.id,
        "workspace": message.workspace,
        "model": message.model,
        "urgency": message.urgency,
        "title": message.title,
        "notices": notices,
        "more": message.left,
    }
    kinds = {each.kind for each in message.notices}
    content = {
        "type": f"fairlead.{kinds.pop() if len(kinds) == 1 else 'notices'}",
        "timestamp": iso(message.notices[0].at),
        "schema_version": 1,
        "data": data,
    }
    return json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")


def _host(url: str) -> str:
    """The host of an address that may be asked."""
    try:
        parts = urlsplit(url)
        if parts.scheme in {"http", "https"} and parts.hostname:
            return parts.hostname
    except ValueError:
        pass  # told below, as every other address that is none
    raise BrokenWorldError("the address is not http or https", mend="mend the channel's `url`")


def _headers(identity: str, timestamp: int, body: bytes, key: bytes) -> Mapping[str, str]:
    headers = {
        "content-type": "application/json",
        "user-agent": "fairlead",
        "webhook-id": identity,
        "webhook-timestamp": str(timestamp),
    }
    return {**headers, "webhook-signature": signature(key, identity, timestamp, body)} if key else headers
