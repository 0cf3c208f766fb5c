"""Writes a promotion's pin into a model.yaml as a person would: one value changes, every other letter stays.

The place is found by the reader's own positions, and the result is read again: what would change anything else, or not
say what it should, is refused, since then a person has to write it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from fairlead.declare.yaml_text import Node, YamlProblemError, parse_yaml
from fairlead.kernel.errors import UsageError

__all__ = ["pin"]

_SCALAR = re.compile(r'"[^"\n]*"|\'[^\'\n]*\'|[^\s,}#]+')


def pin(text: bytes, environment: str, commit: str) -> bytes:
    """`text` with `environments.<environment>.commit` set to `commit`. UsageError where that cannot be done by rule."""
    node = _read(text)
    before = node.data if node is not None else None
    if node is None or not isinstance(before, Mapping) or not isinstance(before.get("environments"), Mapping):
        raise _by_hand(environment, commit)
    letters = text.decode()
    places = node.children["environments"]
    here = places.children.get(environment)
    value = f'"{commit}"'  # a commit may look like a number
    if here is None:
        made = _with_environment(letters, places, f"{environment}: {{commit: {value}}}")
    elif "commit" in here.children:
        made = _replaced(letters, here.children["commit"], value)
    else:
        made = _with_first(letters, here, f"commit: {value}")
    placed = {
        **before["environments"],
        environment: {**_as_mapping(before["environments"].get(environment)), "commit": commit},
    }
    after = _read(made.encode()) if made else None
    if after is None or after.data != {**before, "environments": placed}:
        raise _by_hand(environment, commit)
    return made.encode()


def _with_first(text: str, mapping: Node, entry: str) -> str:
    """One more entry at the beginning of a mapping, in the mapping's own style; '' where that is not seen."""
    at = _offset(text, mapping)
    if text[at : at + 1] == "{":
        empty = not mapping.children
        return f"{text[: at + 1]}{entry}{'' if empty else ', '}{text[at + 1 :]}"
    if not mapping.children:
        return ""
    return f"{text[:at]}{entry}{_line_end(text)}{' ' * (mapping.column - 1)}{text[at:]}"


def _with_environment(text: str, places: Node, entry: str) -> str:
    """One more environment, behind the others where each has lines of its own."""
    at = _offset(text, places)
    if text[at : at + 1] == "{" or not places.children:
        return _with_first(text, places, entry)
    last = max(line for line, _ in places.keys.values())
    lines = text.splitlines(keepends=True)
    end = last
    for number, line in enumerate(lines[last:], last + 1):
        inner = line.strip()
        if inner and len(line) - len(line.lstrip(" ")) < places.column:
            break
        if inner:
            end = number
    head = "".join(lines[:end])
    gap = "" if head.endswith(("\n", "\r")) else _line_end(text)
    return f"{head}{gap}{' ' * (places.column - 1)}{entry}{_line_end(text)}{''.join(lines[end:])}"


def _replaced(text: str, scalar: Node, value: str) -> str:
    at = _offset(text, scalar)
    found = _SCALAR.match(text, at)
    return f"{text[:at]}{value}{text[found.end() :]}" if found else ""


def _offset(text: str, node: Node) -> int:
    lines = text.splitlines(keepends=True)[: node.line - 1]
    return sum(len(each) for each in lines) + node.column - 1


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _read(text: bytes) -> Node | None:
    try:
        return parse_yaml(text)
    except YamlProblemError:
        return None


def _as_mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _by_hand(environment: str, commit: str) -> UsageError:
    mend = f'write `commit: "{commit}"` below `environments.{environment}` and commit it'
    return UsageError("the pin cannot be written into this model.yaml by rule", mend=mend)
