"""A rollout as the text that is kept of it, so that whoever was killed goes on where it stood."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from fairlead.domain.rollout import Rollout
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["from_json", "to_json"]


class _Kept(BaseModel):
    """`version` rises when an older program could no longer understand what is kept."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    version: Literal[1]
    rollout: Rollout


def to_json(rollout: Rollout) -> str:
    """JSON without floats; `from_json` makes an equal rollout of it."""
    return _Kept(version=1, rollout=rollout).model_dump_json()


def from_json(text: str) -> Rollout:
    """The rollout that `to_json` wrote. BrokenWorldError for what another version wrote, and for anything else."""
    try:
        return _Kept.model_validate_json(text).rollout
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        place = ".".join(map(str, first["loc"]))
        raise BrokenWorldError(
            f"the rollout that is kept was written by another version of fairlead, or was damaged ({first['msg']})",
            where=f"rollout {place}".strip(),
            mend="let the version that began it end it, or restore a backup of the state",
        ) from error
