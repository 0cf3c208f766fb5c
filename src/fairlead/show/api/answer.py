"""An answer as JSON: byte for byte what the command line writes for the same question with `--format json`."""

from __future__ import annotations

from starlette.responses import Response

from fairlead.show.outputs.json import to_json

__all__ = ["answer"]


def answer(value: object, *, key: str = "items", status: int = 200) -> Response:
    """`value` as a JSON document with its `schema_version`; what is no object stands under `key`."""
    return Response(to_json(value, key=key) + "\n", status, media_type="application/json")
