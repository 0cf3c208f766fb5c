"""`fairlead logs`: one search over the logs of control plane, gateway and servers, by release and by request."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import islice, takewhile
from pathlib import Path

from fairlead.domain.logs import LogLine, LogQuery
from fairlead.drivers.logs_files import Tail, newest_first
from fairlead.flows.logs_sources import LogSource, log_sources
from fairlead.ports import Clock, StateStore

__all__ = ["follow_logs", "search_logs"]

_EVERY = timedelta(milliseconds=250)

_PLAIN = re.compile(r"[\w.:-]+")
"""Text that JSON writes as it is."""

_DISORDER = timedelta(seconds=5)
"""The gateway's threads write their lines in batches: within a file, time may step back by less than this."""


def search_logs(state: Path, store: StateStore, query: LogQuery) -> list[LogLine]:
    """The newest lines that match, at most `limit`, oldest first. Files are read from their end, and no further."""
    return _search(state, _release_names(store), query, {})


def follow_logs(
    state: Path, store: StateStore, query: LogQuery, clock: Clock, until: Callable[[], bool] = lambda: False
) -> Iterator[LogLine]:
    """What `search_logs` finds, and then every line that is appended, until `until` says so (asked at each look)."""
    names = _release_names(store)
    tails = {source.files[0]: Tail(source.files[0], at_end=True) for source in log_sources(state)}
    try:
        yield from _search(state, names, query, dict(tail.position for tail in tails.values()))
        while not until():
            fresh: list[LogLine] = []
            for source in log_sources(state):
                if source.files[0] not in tails:
                    tails[source.files[0]] = Tail(source.files[0], at_end=False)
                    names = _release_names(store)
                lines = _lines(source, tails[source.files[0]].lines(), query)
                fresh += [line for line in lines if _matches(line, query, names)]
            yield from sorted(fresh, key=lambda line: line.at)
            if not fresh:
                clock.sleep(_EVERY)
    finally:
        for tail in tails.values():
            tail.close()


def _search(state: Path, names: Mapping[str, str], query: LogQuery, ends: Mapping[int, int]) -> list[LogLine]:
    streams = [_newest(source, query, names, ends) for source in log_sources(state)]
    merged = heapq.merge(*streams, key=lambda line: line.at, reverse=True)
    return list(islice(merged, query.limit))[::-1]


def _newest(source: LogSource, query: LogQuery, names: Mapping[str, str], ends: Mapping[int, int]) -> Iterator[LogLine]:
    """Matching lines of a source, newest first. Reading ends where the lines are older than asked for."""
    lines = _lines(source, newest_first(source.files, ends), query)
    if query.since is not None:
        oldest = query.since - _DISORDER
        lines = takewhile(lambda line: line.at >= oldest, lines)
    return (line for line in lines if _matches(line, query, names))


def _lines(source: LogSource, raws: Iterable[bytes], query: LogQuery) -> Iterator[LogLine]:
    """Lines that could match. To look for a text in the bytes costs a hundredth of reading the line."""
    if not source.may_match(query):
        return
    told = (query.model, query.environment, query.release.partition("@")[0]) if source.tells_all else ()
    needles = [text.encode() for text in (query.request, *told) if _PLAIN.fullmatch(text)]
    for raw in raws:
        line = source.read(raw) if all(needle in raw for needle in needles) else None
        if line is not None:
            yield line


def _matches(line: LogLine, query: LogQuery, names: Mapping[str, str]) -> bool:
    """Whether a line is wanted. `names` gives a release's name by its digest."""
    return (
        query.model in ("", line.model)
        and query.environment in ("", line.environment)
        and query.source in ("", line.source)
        and (not query.since or line.at >= query.since)
        and (not query.request or query.request == line.request or query.request in line.text)
        and (line.release.startswith(query.release) or names.get(line.release, "").startswith(query.release))
    )


def _release_names(store: StateStore) -> Mapping[str, str]:
    return {deployment.digest: deployment.release for deployment in store.deployments()}
