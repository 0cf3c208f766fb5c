"""What `notifications` in fairlead.yaml must keep to besides its shape: ways that are whole, and no secret in Git."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from fairlead.declare.literal_secrets import LITERAL_SECRET
from fairlead.domain.model import SecretRef
from fairlead.domain.notification import (
    MARKED_FILE,
    MARKED_VARIABLE,
    OWNER,
    Channel,
    Notifications,
    Smtp,
    Webhook,
    is_marked,
)

__all__ = ["notification_findings"]

_Found = tuple[tuple[str | int, ...], str, str, str]
"""Location, rule, message, mend."""

_WRONG = "declare/wrong-value"
_SHORTEST, _LONGEST = timedelta(minutes=1), timedelta(days=7)
_WIDEST = timedelta(hours=1)
_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+")
_SECRET_ADDRESS = re.compile(
    r"hooks\.slack\.com/|discord(?:app)?\.com/api/webhooks/|\.webhook\.office\.com/|\.logic\.azure\.com"
    r"|chat\.googleapis\.com/|//[^/?#]*@|[?&](?:key|token|sig|secret|access_token)=",
    re.IGNORECASE,
)
"""Addresses that let in whoever knows them."""


def notification_findings(spec: Notifications, environments: Sequence[str]) -> Iterator[_Found]:
    """What channels and routes break; `environments` are the declared ones."""
    seen: set[str] = set()
    for index, channel in enumerate(spec.channels):
        location = ("notifications", "channels", index)
        if channel.name in seen:
            message = f"`{channel.name}` is declared twice in `notifications.channels`"
            yield (*location, "name"), "declare/duplicate-name", message, "give each its own name"
        seen.add(channel.name)
        yield from _channel(channel, location)
    for index, route in enumerate(spec.routes):
        location = ("notifications", "routes", index)
        yield from _unknown(route.channels, sorted(seen), (*location, "channels"), "channel")
        yield from _unknown(route.environments, environments, (*location, "environments"), "environment")
    if not _SHORTEST <= spec.give_up <= _LONGEST:
        yield ("notifications", "giveUp"), _WRONG, "`notifications.giveUp` is 1m to 7d", "choose 1d"
    if spec.group > _WIDEST:
        yield ("notifications", "group"), _WRONG, "`notifications.group` is at most 1h", "choose 10s"


def _unknown(
    names: Sequence[str], known: Sequence[str], location: tuple[str | int, ...], sort: str
) -> Iterator[_Found]:
    for index, name in enumerate(names):
        if name not in known:
            message = f"{sort} `{name}` is not declared"
            yield (*location, index), f"declare/unknown-{sort}", message, f"use one of: {', '.join(known) or 'none'}"


def _channel(channel: Channel, location: tuple[str | int, ...]) -> Iterator[_Found]:
    if (channel.webhook is None) == (channel.smtp is None):
        message = f"`{channel.name}` must have exactly one of `webhook` and `smtp`"
        yield location, _WRONG, message, "give exactly one of them"
    if channel.webhook is not None:
        yield from _webhook(channel.webhook, (*location, "webhook"))
    if channel.smtp is not None:
        yield from _smtp(channel.smtp, (*location, "smtp"))


def _webhook(hook: Webhook, location: tuple[str | int, ...]) -> Iterator[_Found]:
    if bool(hook.url) == (hook.url_from is not None):
        yield location, _WRONG, "a webhook has exactly one of `url` and `urlFrom`", "give exactly one of them"
    yield from _reference(hook.url_from, (*location, "urlFrom"))
    yield from _reference(hook.secret, (*location, "secret"))
    place = (*location, "url")
    if hook.url and not _is_http(hook.url):
        yield place, _WRONG, "the address is not http or https", "write for example https://hooks.example.com/fairlead"
    elif hook.url and _SECRET_ADDRESS.search(hook.url):
        message = "whoever knows this address may post there: it is a secret"
        yield place, LITERAL_SECRET, message, "hand it over by `urlFrom`, and ask for a new one"


def _smtp(server: Smtp, location: tuple[str | int, ...]) -> Iterator[_Found]:
    yield from _reference(server.password, (*location, "password"))
    if bool(server.user) != (server.password is not None):
        message = "`user` and `password` belong together"
        yield (*location, "user" if server.user else "password"), _WRONG, message, "give both, or neither"
    if server.password is not None and server.tls == "none":
        message = "the password would be sent for everybody to read"
        yield (*location, "tls"), _WRONG, message, "write `tls: starttls` or `tls: implicit`"
    if not _ADDRESS.fullmatch(server.sender):
        yield (*location, "sender"), _WRONG, "this is no address", "write for example fairlead@example.com"
    for index, address in enumerate(server.to):
        if address != OWNER and not _ADDRESS.fullmatch(address):
            mend = f"write an address, or `{OWNER}` for the model's"
            yield (*location, "to", index), _WRONG, "this is no address", mend


def _reference(reference: SecretRef | None, location: tuple[str | int, ...]) -> Iterator[_Found]:
    if reference is None or is_marked(reference):
        return
    message = f"`{location[-1]}` is no secret that is marked to be sent"
    mend = f"give it as `fromEnv: {MARKED_VARIABLE}NAME` or `fromFile: /FOLDER/{MARKED_FILE}NAME`"
    yield location, "declare/secret-reference", message, mend


def _is_http(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
