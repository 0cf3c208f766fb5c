"""The gateway's Lua scripts; the one that names the customer is given its keys here, so it lives in a route."""

from __future__ import annotations

import ipaddress
from importlib.resources import files

from fairlead.domain.serving import GatewayConfig

__all__ = ["answers_script", "customer_script", "tokens_script"]


def _read(name: str) -> str:
    return files("fairlead.serve.gateway").joinpath(name).read_text(encoding="utf-8")


def _quoted(text: str) -> str:
    """A Lua string of any text, with every byte that is not plain given by its number."""
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:/@ "
    return '"' + "".join(chr(byte) if byte in plain else f"\\{byte:03d}" for byte in text.encode()) + '"'


def _network_bits(cidr: str) -> str:
    network = ipaddress.ip_network(cidr, strict=False)
    width = network.max_prefixlen
    bits = f"{int(network.network_address):0{width}b}"[: network.prefixlen]
    return f"{network.version}:{bits}"


def customer_script(config: GatewayConfig, told_in: str = "") -> str:
    """The script that finds the customer; it holds digests of keys, never keys.

    `told_in` names the header that tells the customer to the choice of a release; '' where nothing asks for it.
    """
    keys = ",\n".join(f"[{_quoted(key.sha256.lower())}] = {_quoted(key.customer)}" for key in config.keys)
    proxies = ", ".join(_quoted(_network_bits(cidr)) for cidr in config.trusted_proxies)
    told = (
        f"local HEADER = {_quoted(config.customer_header.lower())}\n"
        f"local TOLD_IN = {_quoted(told_in) if told_in else 'nil'}\n"
        f"local PROXIES = {{{proxies}}}\n"
        f"local KEYS = {{\n{keys}\n}}\n"
    )
    return told + _read("customer.lua")


def tokens_script() -> str:
    """The script that reads the usage of an answer."""
    return _read("tokens.lua")


def answers_script() -> str:
    """The script that keeps a short answer for the access line."""
    return _read("answers.lua")
