"""Reading a resource's attributes: a block may be a list of one, a number may be text, and all may be missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

__all__ = ["block", "blocks", "number", "text", "whole"]

_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,15})?")


def blocks(attributes: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    """All blocks of that name. Terraform writes a list, Pulumi a mapping where one at most is allowed."""
    value = attributes.get(name)
    found = value if isinstance(value, list) else [value]
    return [each for each in found if isinstance(each, dict)]


def block(attributes: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
    """The first block at that path of names, or an empty one."""
    found = attributes
    for name in names:
        found = next(iter(blocks(found, name)), {})
    return found


def text(attributes: Mapping[str, Any], name: str, otherwise: str = "") -> str:
    """A text, or `otherwise` where there is none."""
    value = attributes.get(name)
    return value if isinstance(value, str) and value else otherwise


def number(attributes: Mapping[str, Any], name: str) -> Decimal | None:
    """A number that is not negative, or None. Digits in a text count as a number."""
    value = attributes.get(name)
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    return Decimal(str(value)) if _NUMBER.fullmatch(str(value)) else None


def whole(attributes: Mapping[str, Any], *names: str) -> int | None:
    """The first of these attributes that is a whole number, or None."""
    found = (number(attributes, name) for name in names)
    return next((int(each) for each in found if each is not None and each == int(each)), None)
