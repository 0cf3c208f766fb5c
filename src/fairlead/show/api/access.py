"""Who may come in: the rules, as pure functions over what a request says of itself. `guard` applies them."""

from __future__ import annotations

import hmac
import re
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

from fairlead.domain.model import SecretRef
from fairlead.kernel.digests import sha256_hex
from fairlead.kernel.errors import UsageError

__all__ = ["Access", "cookie_name", "host_is_known", "origin_is_own", "serving_rules", "token_is_right"]

_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d+)?")


@dataclass(frozen=True, slots=True)
class Access:
    """What a server of the page and the API is told about those who may come in."""

    token_sha256: str
    """Hex sha256 of the token made at start; the token itself is kept nowhere."""

    hosts: tuple[str, ...] = ()
    """Names besides the loopback ones under which the server is reached, without port."""

    secure: bool = False
    """Whether people reach it over TLS, its own or a stated proxy's: cookies and origins follow."""

    operator: str = "operator"
    """Name of the token's holder in the journal; claimed, since a token proves no name."""

    role: Literal["viewer", "operator"] = "operator"
    """What the token's holder may do; a viewer only reads."""

    hook: SecretRef | None = None
    """Secret of the webhook; without one there is no webhook."""


def serving_rules(address: str, *, tls: bool, proxy: bool) -> None:
    """Refuse (UsageError) to listen on `address` where a token would travel in the clear.

    Loopback is always fine. Any other address needs TLS, or a proxy in front that the caller states to end TLS.
    """
    if _is_loopback(address) or tls or proxy:
        return
    raise UsageError(
        f"{address} is not a loopback address, and the token would travel in the clear",
        where="address of page and API",
        mend="give a TLS certificate and key, state the proxy that ends TLS, or listen on 127.0.0.1",
    )


def token_is_right(access: Access, token: str) -> bool:
    """Whether `token` is the one made at start, compared in constant time."""
    return hmac.compare_digest(sha256_hex(token.encode()), access.token_sha256)


def host_is_known(access: Access, host: str) -> bool:
    """Whether the Host header names this server; a page of another name that resolves here (DNS rebinding) does not."""
    match = _HOST.fullmatch(host.lower())
    return match is not None and match[1] in {*_LOOPBACK_NAMES, *(known.lower() for known in access.hosts)}


def origin_is_own(access: Access, origin: str, host: str) -> bool:
    """Whether a write's Origin is the server that it was sent to, scheme and port included."""
    return origin == f"{'https' if access.secure else 'http'}://{host}"


def cookie_name(access: Access) -> str:
    """Name of the cookie that keeps the token. It differs per token: two servers on one machine share their cookies."""
    return f"fairlead-{sha256_hex(access.token_sha256.encode())[:12]}"


def _is_loopback(address: str) -> bool:
    if address.lower() == "localhost":
        return True
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return False
