"""A model's `serving` declaration as one process to be started: the same for a release and for a test of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from fairlead.domain.model import SecretRef, Serving
from fairlead.domain.serving import ServerSpec
from fairlead.ports import Secrets

__all__ = ["Runtimes", "server_spec"]

Runtimes = Mapping[str, Callable[[str, int], tuple[str, ...]]]
"""Commands of the servers that come with the product: by runtime, for a model and a number of threads."""


def server_spec(
    server: str,
    model: str,
    serving: Serving,
    files: Path,
    *,
    labels: Mapping[str, str],
    secrets: Secrets,
    runtimes: Runtimes,
) -> ServerSpec:
    """The process `server` that serves the artifact in `files`; secrets are resolved here, and nowhere written."""
    values = {
        name: secrets.resolve(each) if isinstance(each, SecretRef) else each for name, each in serving.env.items()
    }
    return ServerSpec(
        id=server,
        command=_command(serving, model, runtimes),
        labels=labels,
        model_dir=files,
        readiness_path=serving.readiness.path,
        startup_timeout=serving.readiness.timeout,
        grace=serving.grace,
        environment=values,
        secrets=tuple(values[name] for name, each in serving.env.items() if isinstance(each, SecretRef)),
    )


def _command(serving: Serving, model: str, runtimes: Runtimes) -> tuple[str, ...]:
    if serving.runtime == "command":
        return serving.command
    return runtimes[serving.runtime](model, max(1, int(serving.resources.cpu)))
