"""What a policy has learnt, as JSON and back: a scaler that is killed goes on as if it had not been.

Every attribute of a policy is kept, but for its configuration (frozen data), which is declared. Floats keep every bit.
"""

from __future__ import annotations

import dataclasses
from base64 import b64decode, b64encode
from collections import deque
from typing import Any

import numpy as np

__all__ = ["freeze", "thaw"]

_PLAIN = (bool, int, float, str, type(None))


def freeze(value: Any) -> Any:  # noqa: ANN401 - an object of any policy
    """The value as JSON: numbers, texts, lists; arrays, tuples, queues and objects as mappings that name their kind."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, _PLAIN):
        return value
    if isinstance(value, np.ndarray):
        return {"array": b64encode(value.tobytes()).decode(), "kind": value.dtype.str, "shape": list(value.shape)}
    if isinstance(value, deque | tuple | list):
        return _several(value)
    return {"object": {name: freeze(each) for name, each in _learnt(value).items()}}


def _several(values: deque[Any] | tuple[Any, ...] | list[Any]) -> Any:  # noqa: ANN401 - of any policy
    each = [freeze(one) for one in values]
    if isinstance(values, deque):
        return {"queue": each, "most": values.maxlen}
    return {"tuple": each} if isinstance(values, tuple) else each


def thaw(kept: Any, fresh: Any) -> Any:  # noqa: ANN401 - an object of any policy
    """What was kept, in the image of `fresh`: an object of the same configuration that has learnt nothing.

    ValueError where it is not of that form: what another program kept in another form is learnt anew.
    """
    if not isinstance(kept, dict):
        return [thaw(each, None) for each in kept] if isinstance(kept, list) and _empty(fresh) else _like(kept, fresh)
    if "array" in kept:
        array = np.frombuffer(b64decode(kept["array"]), dtype=kept["kind"]).reshape(kept["shape"]).copy()
        if isinstance(fresh, np.ndarray) and (array.shape, array.dtype) != (fresh.shape, fresh.dtype):
            raise ValueError(f"an array of {array.shape}, and {fresh.shape} is wanted")
        return array
    if "queue" in kept:
        return deque((thaw(each, None) for each in kept["queue"]), maxlen=kept["most"])
    if "tuple" in kept:
        images = fresh if isinstance(fresh, tuple) and len(fresh) == len(kept["tuple"]) else [None] * len(kept["tuple"])
        return tuple(thaw(each, image) for each, image in zip(kept["tuple"], images, strict=True))
    learnt = _learnt(fresh)
    if learnt.keys() != kept["object"].keys():
        raise ValueError(f"{type(fresh).__name__} keeps {', '.join(learnt)}, and {', '.join(kept['object'])} was kept")
    for name, image in learnt.items():
        setattr(fresh, name, thaw(kept["object"][name], image))
    return fresh


def _like(kept: Any, fresh: Any) -> Any:  # noqa: ANN401 - one of JSON's values
    if not isinstance(kept, list):
        return kept
    if len(kept) != len(fresh):
        raise ValueError(f"a list of {len(kept)}, and {len(fresh)} is wanted")
    return [thaw(each, image) for each, image in zip(kept, fresh, strict=True)]


def _empty(fresh: Any) -> bool:  # noqa: ANN401 - one of a policy's values
    return not isinstance(fresh, list) or not fresh


def _learnt(value: Any) -> dict[str, Any]:  # noqa: ANN401 - an object of any policy
    """Its attributes but for its configuration."""
    if dataclasses.is_dataclass(value):
        return {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
    return {name: each for name, each in vars(value).items() if not _configured(each)}


def _configured(value: Any) -> bool:  # noqa: ANN401 - one of a policy's attributes
    """Frozen data, or a tuple of them; what a policy is told and does not change."""
    if isinstance(value, tuple):
        return all(_configured(each) for each in value)
    params = getattr(type(value), "__dataclass_params__", None)
    return params is not None and bool(params.frozen)
