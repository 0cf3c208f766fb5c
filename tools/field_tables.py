# ruff: noqa: INP001 - a script, not a package
"""Writes the tables of fields in docs/workspace.md, model.md and waivers.md, between their marks, from the classes.

Run: python tools/field_tables.py
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from fairlead.domain.approval import WaiverSpec
from fairlead.domain.declaration import Spec
from fairlead.domain.model import ModelSpec, SecretRef
from fairlead.domain.workspace import WorkspaceSpec

DOCS = Path(__file__).parents[1] / "docs"

DOCUMENTS: dict[str, type[Spec]] = {"workspace.md": WorkspaceSpec, "model.md": ModelSpec, "waivers.md": WaiverSpec}
"""Documents with a table, and the class that it is of."""

_BETWEEN = re.compile(r"(<!-- fields: begin -->\n).*?(<!-- fields: end -->)", re.DOTALL)
_HEAD = "| field | value | default | meaning |\n|---|---|---|---|\n"
_NAMES: dict[Any, str] = {
    str: "text",
    bool: "true or false",
    int: "whole number",
    Decimal: "exact number",
    timedelta: "duration",
    date: "day",
    datetime: "moment",
}


def with_tables(text: str, kind: type[Spec]) -> str:
    """The document's text with its table as the class is now."""
    rows = "".join(f"| {' | '.join(row)} |\n" for row in rows_of(kind))
    return _BETWEEN.sub(lambda marks: f"{marks[1]}{_HEAD}{rows}{marks[2]}", text)


def rows_of(kind: type[Spec], before: str = "") -> Iterator[tuple[str, str, str, str]]:
    """Path, value, default and meaning of each field, those of inner mappings behind their own."""
    for name, field in kind.model_fields.items():
        path = f"{before}{field.alias or name}"
        value, inner, step = _value(field)
        meaning = (field.description or "").replace("|", "\\|")
        yield f"`{path}`", value, _default(field), meaning
        if inner is not None:
            yield from rows_of(inner, f"{path}{step}.")


def _value(field: FieldInfo) -> tuple[str, type[Spec] | None, str]:
    """What may be written, the class of the mapping in it, and how its path goes on."""
    kind = _plain(field.annotation)
    origin, words = get_origin(kind), get_args(kind)
    if origin in {tuple, dict}:
        return _many(origin, words)
    choices = _choices(kind)
    if choices:
        return ", ".join(f"`{each}`" for each in choices), None, ""
    if _is_spec(kind):
        return "mapping", kind, ""
    if kind is int and any(isinstance(each, BeforeValidator) for each in field.metadata):
        return "memory", None, ""
    return _NAMES[kind], None, ""


def _many(origin: type, words: tuple[Any, ...]) -> tuple[str, type[Spec] | None, str]:
    """The same for a list (item, ...) or a mapping (key, value)."""
    if origin is dict:
        references = SecretRef in get_args(words[1])
        inner = SecretRef if references else words[1] if _is_spec(words[1]) else None
        named = "text or reference" if references else "mappings" if inner else _NAMES.get(_plain(words[1]), "values")
        return f"mapping of {named}", inner, ".NAME"
    item = _plain(words[0])
    named = "mappings" if _is_spec(item) else ", ".join(f"`{each}`" for each in get_args(item)) or "texts"
    return f"list of {named}", item if _is_spec(item) else None, "[]"


def _choices(kind: Any) -> list[str]:  # noqa: ANN401 - a type, of any form
    """The words that may be written, where only some may: literals, the members of an enumeration, or both."""
    if get_origin(kind) is Literal:
        return [str(each) for each in get_args(kind)]
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return [each.value for each in kind]
    if get_origin(kind) in {Union, UnionType}:
        return [word for each in get_args(kind) if each is not NoneType for word in _choices(each)]
    return []


def _is_spec(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, Spec)


def _plain(kind: Any) -> Any:  # noqa: ANN401 - a type, of any form
    """The type without its annotations, and without None."""
    if hasattr(kind, "__metadata__"):
        return _plain(get_args(kind)[0])
    if get_origin(kind) in {Union, UnionType} and NoneType in get_args(kind):
        return _plain(next(each for each in get_args(kind) if each is not NoneType))
    return kind


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    default = field.default
    if default is PydanticUndefined or default in {None, ""} or default == ():
        return "-"
    return f"`{str(default).lower() if isinstance(default, bool) else default}`"


if __name__ == "__main__":
    for document, kind in DOCUMENTS.items():
        place = DOCS / document
        place.write_text(with_tables(place.read_text(encoding="utf-8"), kind), encoding="utf-8")
