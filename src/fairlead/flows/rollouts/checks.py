"""Smoke and load checks of new servers before anybody meets them: the model's own golden requests, asked directly."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from http import HTTPStatus
from math import ceil

from fairlead.assure.golden import differences
from fairlead.assure.latency import percentile
from fairlead.assure.tensors import Unfit, read_json
from fairlead.declare.file_text import MAX_DECLARATION
from fairlead.declare.reader import MODELS
from fairlead.domain.model import ModelSpec
from fairlead.domain.release_strategy import LoadCheck
from fairlead.domain.rollout import Rollout
from fairlead.domain.trial import Golden
from fairlead.drivers.inference import InferenceClient, Reply
from fairlead.kernel.errors import BrokenWorldError, FairleadError
from fairlead.ports import Tree

__all__ = ["Checker"]

_LOG = logging.getLogger(__name__)
_SECONDS = 30.0


class Checker:
    """Runs the checks of a rollout once, in a thread of its own. Killed, they begin anew: nothing was promised yet."""

    def __init__(self) -> None:
        """Nothing runs yet."""
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="checks")
        self._asked: dict[str, Future[str]] = {}

    def result(self, rollout: Rollout, spec: ModelSpec, tree: Tree, ports: tuple[int, ...]) -> str | None:
        """What failed, '' where all passed, None while they run."""
        if rollout.id not in self._asked:
            self._asked[rollout.id] = self._pool.submit(_checked, rollout, spec, tree, ports)
        future = self._asked[rollout.id]
        if not future.done():
            return None
        broken = future.exception()
        if broken is not None:
            _LOG.error("the checks of %s broke", rollout.id, exc_info=broken)
            return f"the checks themselves broke: {type(broken).__name__}: {broken}"
        return future.result()

    def close(self) -> None:
        """Begin no more."""
        self._pool.shutdown(wait=False, cancel_futures=True)


def _checked(rollout: Rollout, spec: ModelSpec, tree: Tree, ports: tuple[int, ...]) -> str:
    try:
        goldens = spec.tests.golden if spec.tests else ()
        if not goldens:
            return "no golden requests are declared under `tests`, so nothing can be asked"
        asked = [(each, *_files(tree, rollout.model, each)) for each in goldens]
        strategy = rollout.strategy
        if strategy.smoke:
            for port in ports:
                for golden, request, expected in asked:
                    problem = _smoke(rollout.model, port, golden, request, expected)
                    if problem:
                        return f"golden request `{golden.name}` on port {port}: {problem}"
        bodies = [(_path(rollout.model, golden), request) for golden, request, _ in asked]
        return _load(strategy.load, bodies, ports) if strategy.load else ""
    except (FairleadError, Unfit, OSError) as error:
        return str(error)


def _files(tree: Tree, model: str, golden: Golden) -> tuple[bytes, bytes]:
    return _bytes(tree, f"{MODELS}/{model}/{golden.request}"), _bytes(tree, f"{MODELS}/{model}/{golden.response}")


def _bytes(tree: Tree, path: str) -> bytes:
    entry = tree.entry(path)
    if entry is None or entry.kind != "blob" or entry.size > MAX_DECLARATION:
        raise Unfit(f"there is no file {path} of at most {MAX_DECLARATION} bytes")
    with tree.open(entry) as stream:
        return stream.read(MAX_DECLARATION)


def _path(model: str, golden: Golden) -> str:
    return golden.path or f"/v2/models/{model}/infer"


def _smoke(model: str, port: int, golden: Golden, request: bytes, expected: bytes) -> str:
    client = InferenceClient(port, _SECONDS)
    try:
        reply = client.post(_path(model, golden), request)
    finally:
        client.close()
    if reply.status != HTTPStatus.OK:
        return f"it answered {reply.status}"
    return "; ".join(differences(read_json(expected), read_json(reply.body), golden.tolerance))


def _load(load: LoadCheck, bodies: list[tuple[str, bytes]], ports: tuple[int, ...]) -> str:
    """`requests` in all, `concurrency` at once, over all servers; what failed, or was slower, more than is allowed."""
    each = ceil(load.requests / load.concurrency)
    with ThreadPoolExecutor(load.concurrency, thread_name_prefix="load") as pool:
        futures = [pool.submit(_asked, ports[at % len(ports)], bodies, each) for at in range(load.concurrency)]
        replies = [reply for future in futures for reply in future.result()]
    failed = sum(reply is None or reply.status != HTTPStatus.OK for reply in replies)
    if failed > load.max_errors:
        return f"{failed} of {len(replies)} requests under load failed, {load.max_errors} may"
    times = sorted(reply.nanoseconds for reply in replies if reply is not None)
    if load.latency_p99 is not None and times:
        found = percentile(times, 99) / 1e6
        bound = load.latency_p99.total_seconds() * 1000
        if found > bound:
            return f"the 99th percentile under load is {found:.1f} ms, {bound:g} ms at most"
    return ""


def _asked(port: int, bodies: list[tuple[str, bytes]], count: int) -> list[Reply | None]:
    return list(_replies(port, bodies, count))


def _replies(port: int, bodies: list[tuple[str, bytes]], count: int) -> Iterator[Reply | None]:
    client = InferenceClient(port, _SECONDS)
    try:
        for at in range(count):
            path, body = bodies[at % len(bodies)]
            try:
                yield client.post(path, body)
            except BrokenWorldError:
                yield None
    finally:
        client.close()
