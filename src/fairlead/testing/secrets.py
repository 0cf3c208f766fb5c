"""Secrets without a machine behind them."""

from __future__ import annotations

from collections.abc import Mapping

from fairlead.domain.model import SecretRef
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["MemorySecrets"]


class MemorySecrets:
    """Secrets from a mapping of names of environment variables to values."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self._values = dict(values or {})

    def resolve(self, reference: SecretRef) -> str:
        """The value. BrokenWorldError naming the reference where there is none."""
        name = reference.from_env or reference.from_file or " ".join(reference.from_command or ())
        if name not in self._values:
            raise BrokenWorldError(f"the secret from {name} is not set", mend="give the double this value")
        return self._values[name]
