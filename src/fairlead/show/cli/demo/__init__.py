"""The guided tour: `fairlead demo`. It drives the program as a person would; nothing else knows of it."""

from __future__ import annotations

from fairlead.show.cli.demo.command import demo

__all__ = ["demo"]
