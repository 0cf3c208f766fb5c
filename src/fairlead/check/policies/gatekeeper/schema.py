"""The part of OpenAPI v3 that parameters of constraints are written in: defaults, and what does not fit.

Defaults are filled in as the API server does (structural defaulting): below an object that is there, never above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from fairlead.check.policies.shapes import mapping_of

__all__ = ["misfits", "with_defaults"]

_TYPES: dict[str, type | tuple[type, ...]] = {
    "object": Mapping,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


def with_defaults(schema: Mapping[str, Any], value: Any) -> Any:  # noqa: ANN401 - JSON
    """`value` with the defaults of `schema` where it says nothing."""
    if isinstance(value, Mapping):
        filled = dict(value)
        properties = mapping_of(schema.get("properties"))
        for name, each in properties.items():
            if name not in filled and isinstance(each, Mapping) and "default" in each:
                filled[name] = each["default"]
        rest = mapping_of(schema.get("additionalProperties"))
        return {name: with_defaults(mapping_of(properties.get(name, rest)), each) for name, each in filled.items()}
    if isinstance(value, list):
        items = mapping_of(schema.get("items"))
        return [with_defaults(items, each) for each in value]
    return value


def misfits(schema: Mapping[str, Any], value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401
    """What in `value` breaks `schema`: pairs of its path and a sentence."""
    if value is None and schema.get("nullable", True):
        return
    kind = schema.get("type")
    if kind in _TYPES and not _is(kind, value):
        yield path, f"{_name(path)} must be of type {kind}"
        return
    choices = schema.get("enum")
    if isinstance(choices, list) and value not in choices:
        yield path, f"{_name(path)} must be one of {', '.join(str(each) for each in choices)}"
    if isinstance(value, Mapping):
        yield from _in_object(schema, value, path)
    elif isinstance(value, list):
        items = mapping_of(schema.get("items"))
        yield from _out_of_bounds(len(value), schema, ("minItems", "maxItems"), path)
        for place, each in enumerate(value):
            yield from misfits(items, each, (*path, place))
    elif isinstance(value, str):
        yield from _in_text(schema, value, path)
    elif isinstance(value, (int, float)):
        yield from _out_of_bounds(value, schema, ("minimum", "maximum"), path)


def _is(kind: str, value: object) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _TYPES[kind]) or (kind == "integer" and isinstance(value, float) and value.is_integer())


def _in_object(schema: Mapping[str, Any], value: Mapping[str, Any], path: tuple[str | int, ...]) -> Iterator[Any]:
    for name in schema.get("required") or ():
        if name not in value:
            yield path, f"{_name((*path, name))} is missing"
    properties, rest = mapping_of(schema.get("properties")), schema.get("additionalProperties")
    for name, each in value.items():
        if name in properties:
            yield from misfits(mapping_of(properties[name]), each, (*path, name))
        elif isinstance(rest, Mapping):
            yield from misfits(rest, each, (*path, name))


def _in_text(schema: Mapping[str, Any], value: str, path: tuple[str | int, ...]) -> Iterator[Any]:
    yield from _out_of_bounds(len(value), schema, ("minLength", "maxLength"), path)
    pattern = schema.get("pattern")
    if not isinstance(pattern, str):
        return
    try:
        fits = re.search(pattern, value) is not None
    except re.error:
        yield path, f"the pattern of {_name(path)} is no regular expression that can be read"
        return
    if not fits:
        yield path, f"{_name(path)} must match {pattern}"


def _out_of_bounds(
    number: float, schema: Mapping[str, Any], names: tuple[str, str], path: tuple[str | int, ...]
) -> Iterator[Any]:
    least, most = (schema.get(name) for name in names)
    if isinstance(least, (int, float)) and number < least:
        yield path, f"{_name(path)} is below {names[0]} {least}"
    if isinstance(most, (int, float)) and number > most:
        yield path, f"{_name(path)} is above {names[1]} {most}"


def _name(path: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in path) or "the value"
