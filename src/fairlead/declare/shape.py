"""Node -> strict spec, or findings: pydantic's errors, told in the words of the file with line and column.

No value of the user's is ever part of a message, since a secret may stand in the wrong place.
"""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Any, TypeGuard, TypeVar, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from fairlead.declare.yaml_text import Node, shorten
from fairlead.domain.declaration import Spec
from fairlead.domain.finding import Finding

__all__ = ["MAX_FINDINGS", "known_fields", "read_spec"]

MAX_FINDINGS = 100
"""Problems of shape that are told of one file; a file that has more is no declaration at all."""

S = TypeVar("S", bound=Spec)

_WANTED = {
    "string_type": "text; put quotes around it",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "model_type": "a mapping; write `{}` for an empty one",
    "dict_type": "a mapping; write `{}` for an empty one",
    "tuple_type": "a list",
}


def read_spec(kind: type[S], node: Node, path: str, model: str = "") -> tuple[S | None, tuple[Finding, ...]]:
    """The spec that `node` holds, or None and one finding for each thing that is wrong with its shape."""
    try:
        return kind.model_validate(node.data, strict=True), ()
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        likely = _likely(node, problems)
        found = {_finding(kind, node, problem, path, model) for problem in likely[:MAX_FINDINGS]}
        if len(likely) > MAX_FINDINGS:
            message = f"{len(likely) - MAX_FINDINGS} more problems in this file"
            found.add(Finding(path, 1, 1, "declare/more", message, "mend those that are listed first", model=model))
        return None, tuple(sorted(found))


def known_fields(kind: type[Spec], location: tuple[Any, ...]) -> tuple[str, ...]:
    """Names that may stand in the mapping at `location`; empty where any key may."""
    current: list[Any] = [kind]
    for part in location:
        current = [child for each in current for child in _step(each, part)]
    return tuple(name for each in current if _is_spec(each) for name in _fields(each))


def _fields(kind: type[Spec]) -> dict[str, Any]:
    return {field.alias or name: field for name, field in kind.model_fields.items()}


def _is_spec(kind: object) -> TypeGuard[type[Spec]]:
    return isinstance(kind, type) and issubclass(kind, Spec)


def _step(kind: object, part: str | int) -> Iterator[Any]:
    """What a field, item or value of `kind` may be; the parts by which pydantic names a union's member lead nowhere."""
    for member in _members(kind):
        if _is_spec(member):
            field = _fields(member).get(str(part))
            if field is not None:
                yield from _members(field.annotation)
            elif part == member.__name__:
                yield member
        else:
            yield from (each for inner in get_args(member)[-2:] for each in _members(inner) if inner is not Ellipsis)


def _members(kind: object) -> list[Any]:
    """The members of a union, annotations taken off; a plain type is its own only member."""
    if hasattr(kind, "__metadata__"):
        return _members(get_args(kind)[0])
    is_union = type(kind).__name__ == "UnionType" or "Union" in str(getattr(kind, "__origin__", ""))
    return [inner for each in get_args(kind) for inner in _members(each)] if is_union else [kind]


def _likely(node: Node, problems: list[ErrorDetails]) -> list[ErrorDetails]:
    """A union reports a problem for each of its members: keep those of the member that fits the value's shape."""
    kept = []
    for problem in problems:
        location = problem["loc"]
        is_mapping = isinstance(node.at(location).data, dict)
        in_union = bool(location) and len(_real(node, location)) < len(location)
        misfit = "string_type" if is_mapping else "model_type"
        if not (in_union and problem["type"] == misfit):
            kept.append(problem)
    return kept or problems


def _real(node: Node, location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """The parts of pydantic's location that stand in the file: it also names members of unions and the word `[key]`."""
    kept = []
    for part in location:
        child = node.children.get(part)
        if child is not None:
            kept.append(part)
            node = child
    return tuple(kept)


def _finding(kind: type[Spec], node: Node, problem: ErrorDetails, path: str, model: str) -> Finding:
    code = problem["type"]
    location = _real(node, problem["loc"])
    line, column = node.place(location)
    if code == "extra_forbidden":
        return _unknown(kind, location, (path, line, column), model)
    if code == "missing":
        return _missing((*location, problem["loc"][-1]), (path, line, column), model)
    wanted = _WANTED.get(code)
    if wanted is not None:
        message = f"`{dotted(location)}` is {_shown(node.at(location).data)}"
        return Finding(path, line, column, "declare/wrong-type", message, f"write {wanted}", model=model)
    message = f"`{dotted(location)}`: {_reason(problem)}"
    return Finding(path, line, column, "declare/wrong-value", message, "correct the value", model=model)


def _unknown(kind: type[Spec], location: tuple[Any, ...], place: tuple[str, int, int], model: str) -> Finding:
    name = str(location[-1])
    known = known_fields(kind, location[:-1])
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    mend = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(known)}"
    if location == ("name",) and "name" not in known:
        mend = "remove it: a model is called as its folder"
    message = f"unknown field `{shorten(dotted(location))}`"
    return Finding(*place, "declare/unknown-field", message, mend, model=model)


def _missing(location: tuple[Any, ...], place: tuple[str, int, int], model: str) -> Finding:
    message = f"`{dotted(location)}` is missing"
    return Finding(*place, "declare/missing-field", message, f"add `{location[-1]}:`", model=model)


def _reason(problem: ErrorDetails) -> str:
    text = str(problem["msg"]).removeprefix("Value error, ")
    return text[:1].lower() + text[1:]


def _shown(data: object) -> str:
    """What sort of value it is, without the value."""
    names = {dict: "a mapping", tuple: "a list", bool: "true or false", int: "a number", str: "text"}
    return "empty" if data is None else names.get(type(data), "a number")


def dotted(location: tuple[str | int, ...]) -> str:
    """`serving.env.TOKEN`, `data[0].uri`: where in the file, as people say it."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return shorten(text.removeprefix(".")) if text else "the document"
