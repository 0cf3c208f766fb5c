"""`sim.yaml` as it lies on the disk -> the checked configuration, and where each of its fields stands."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from fairlead.declare.yaml_text import Node, YamlProblemError, parse_yaml
from fairlead.foresee.scaling.config import Located, SimConfig, parse_config
from fairlead.kernel.errors import UsageError

__all__ = ["read_config"]

_LARGEST_FILE = 1 << 20


def read_config(path: Path) -> tuple[SimConfig, Located]:
    """Read and check the file; `UsageError` with file, line and mend for whatever is wrong with it."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST_FILE)
        node = parse_yaml(text)
    except OSError as error:
        raise UsageError(
            f"cannot be read: {error.strerror}", where=str(path), mend="name a file with --config"
        ) from error
    except YamlProblemError as error:
        raise UsageError(error.message, where=f"{path}:{error.line}", mend="correct the YAML at this place") from error
    except UnicodeDecodeError as error:
        raise UsageError("this is not UTF-8", where=str(path), mend="save it as UTF-8") from error
    where = _located(path, node)
    return parse_config(_plain(node.data) if node else {}, where=where), where


def _located(path: Path, node: Node | None) -> Located:
    def where(*fields: str) -> str:
        line = node.place(fields)[0] if node else 1
        return f"{path}:{line}"

    return where


def _plain(value: object) -> object:
    """Numbers with a point as floats: nothing in this file is money."""
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple) else value
