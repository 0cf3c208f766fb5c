"""An engine for Rego under test: made anew for each test, under narrow limits, and asked with little ceremony."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from fairlead.check.engines.base import Answer, Engine, Limits, Program, RegoError
from fairlead.domain.policy import Dialect, Module

__all__ = ["BROKEN", "LIMITS", "EngineAsking"]

LIMITS = Limits(cpu_seconds=0.5, wall_seconds=2.5, memory_bytes=2 << 30)

BROKEN = 3
"""The line at which broken modules are broken."""


class EngineAsking:
    """A fresh engine for each test."""

    engine: Engine

    def open_engine(self, limits: Limits) -> Engine:
        """A new engine."""
        raise NotImplementedError

    def setup_method(self) -> None:
        """Each test has an engine of its own, with narrow limits."""
        self.engine = self.open_engine(LIMITS)

    def teardown_method(self) -> None:
        """And closes it."""
        self.engine.close()

    def compiled(self, text: str, entrypoint: str = "t.deny", dialect: Dialect = Dialect.CONFTEST) -> Program:
        """A program of one module."""
        return self.engine.compile([Module("policy/t.rego", text)], entrypoint, dialect)

    def answer(self, text: str, document: Mapping[str, Any] | None = None, **data: object) -> Answer:
        """What `deny` of a package t says of a document."""
        return self.compiled(text).evaluate(document or {}, data)

    def refusal(self, text: str, entrypoint: str = "t.deny") -> RegoError:
        """The error with which the module is refused."""
        with pytest.raises(RegoError) as caught:
            self.compiled(text, entrypoint)
        return caught.value
