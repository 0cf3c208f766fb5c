"""Journal records as they come, as server-sent events: the page refreshes by them, and programs follow by them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from threading import BoundedSemaphore
from typing import Annotated

import anyio
from anyio.to_thread import run_sync
from fastapi import APIRouter, Header, Query
from starlette.responses import StreamingResponse

from fairlead.domain.journal import Record
from fairlead.flows.world import World
from fairlead.kernel.errors import ConflictError
from fairlead.show.outputs.json import to_json_line

__all__ = ["events_router"]

_BATCH = 100
"""Records sent in one go; a client that is far behind gets them batch by batch."""

_STREAMS = 32
"""Streams open at once: one person's tabs, and some programs."""

_POLL = timedelta(seconds=1)
_HEARTBEAT = timedelta(seconds=15)
"""Often enough that no proxy cuts the line for silence."""

_LONGEST = timedelta(minutes=30)
"""Then the stream ends, and the client resumes where it was: nothing is held for a client that went away unseen."""


def events_router(world: World) -> APIRouter:
    """`GET /events`: records with a sequence above `after` (or Last-Event-ID); without either, only what comes."""
    router = APIRouter()
    places = BoundedSemaphore(_STREAMS)

    @router.get("/events", response_class=StreamingResponse)
    async def events(
        after: Annotated[int | None, Query(ge=0)] = None,
        last_event_id: Annotated[int | None, Header(ge=0)] = None,
    ) -> StreamingResponse:
        """Follow the journal. A client that reconnects names what it saw last, as browsers do by themselves."""
        if not places.acquire(blocking=False):
            raise ConflictError(f"{_STREAMS} streams are open already", mend="close one, or read /api/v1/journal")
        start = last_event_id if last_event_id is not None else after
        return StreamingResponse(_stream(world, start, places), media_type="text/event-stream")

    return router


async def _stream(world: World, start: int | None, places: BoundedSemaphore) -> AsyncIterator[str]:
    try:
        place = await run_sync(_newest, world) if start is None else start
        # An id at once: a client that is cut before the first record resumes from here too.
        yield f"retry: 2000\nid: {place}\n\n"
        quiet, left = timedelta(), _LONGEST
        while left > timedelta():
            records = await run_sync(lambda after: world.state.records(after=after, limit=_BATCH), place)
            for record in records:
                place = record.sequence
                yield _event(record)
            quiet = timedelta() if records else quiet + _POLL
            if quiet >= _HEARTBEAT:
                quiet = timedelta()
                yield ": still here\n\n"
            if len(records) < _BATCH:
                await anyio.sleep(_POLL.total_seconds())
                left -= _POLL
    finally:
        places.release()


def _newest(world: World) -> int:
    newest = world.state.newest(1)
    return newest[0].sequence if newest else 0


def _event(record: Record) -> str:
    return f"id: {record.sequence}\ndata: {to_json_line(record)}\n\n"
