"""Configurations of the gateway by version, so that what Envoy says it serves can be told as a value again."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from fairlead.domain.serving import CustomerKey, GatewayConfig, Hold, Listener, Route, WeightedBackend
from fairlead.kernel.digests import digest_of
from fairlead.serve.records import write_json

__all__ = ["SavedConfigs", "version_of"]


def version_of(config: GatewayConfig) -> str:
    """16 hex digits that stand for the configuration in all of Envoy's resources."""
    return digest_of(dataclasses.asdict(config))[:16]


def _config(raw: dict[str, Any]) -> GatewayConfig:
    routes = []
    for route in raw["routes"]:
        backends = tuple(
            WeightedBackend(**{**backend, "ports": tuple(backend["ports"])}) for backend in route["backends"]
        )
        hold = route.get("hold")
        routes.append(Route(**{**route, "backends": backends, "hold": Hold(**hold) if hold else None}))
    return GatewayConfig(
        listeners=tuple(Listener(**one) for one in raw["listeners"]),
        routes=tuple(routes),
        keys=tuple(CustomerKey(**one) for one in raw["keys"]),
        customer_header=raw["customer_header"],
        trusted_proxies=tuple(raw["trusted_proxies"]),
    )


class SavedConfigs:
    """`config.<version>.json` in the gateway's folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, config: GatewayConfig) -> str:
        """Keep it before Envoy is told of it; its version. It is told at every look, and written once."""
        version = version_of(config)
        path = self._folder / f"config.{version}.json"
        if not path.exists():
            write_json(path, dataclasses.asdict(config))
        return version

    def load(self, version: str) -> GatewayConfig | None:
        """The configuration of that version, if it is kept."""
        path = self._folder / f"config.{version}.json"
        return _config(json.loads(path.read_text(encoding="utf-8"))) if version and path.exists() else None

    def keep_only(self, version: str) -> None:
        """Drop all others."""
        for path in self._folder.glob("config.*.json"):
            if path.name != f"config.{version}.json":
                path.unlink(missing_ok=True)
