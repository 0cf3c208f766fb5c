"""Golden requests: asked as they are, and the answers compared."""

from __future__ import annotations

from http import HTTPStatus

from fairlead.assure.golden import differences
from fairlead.assure.tensors import Unfit, read_json, request_problems, response_problems
from fairlead.declare.file_text import MAX_DECLARATION
from fairlead.domain.trial import Golden
from fairlead.flows.trying.sitting import Outcome, Sitting
from fairlead.kernel.errors import BrokenWorldError

__all__ = ["file_bytes", "try_golden"]


def try_golden(sitting: Sitting) -> None:
    """Ask every golden request."""
    for done, golden in enumerate(sitting.trial.golden):
        sitting.progress(done, len(sitting.trial.golden), "golden requests")
        try:
            problems = _problems(sitting, golden)
        except (Unfit, BrokenWorldError) as error:
            problems = [str(error)]
        sitting.outcomes.append(Outcome(f"golden {golden.name}", not problems, "; ".join(problems)))


def file_bytes(sitting: Sitting, name: str) -> bytes:
    """A file of the model's folder, at most 1 MiB. Unfit where it is not there."""
    entry = sitting.tree.entry(f"{sitting.folder}/{name}")
    if entry is None or entry.kind != "blob" or entry.size > MAX_DECLARATION:
        raise Unfit(f"there is no file `{name}` of at most {MAX_DECLARATION} bytes in {sitting.folder}")
    with sitting.tree.open(entry) as stream:
        return stream.read(MAX_DECLARATION)


def _problems(sitting: Sitting, golden: Golden) -> list[str]:
    request, expected = file_bytes(sitting, golden.request), file_bytes(sitting, golden.response)
    asked, wanted = _json(golden.request, request), _json(golden.response, expected)
    reply = sitting.ask(request, golden.path)
    if reply.status != HTTPStatus.OK:
        return [f"it answered {reply.status}: {reply.body[:200].decode('utf-8', 'replace')}"]
    found = _json("the answer", reply.body)
    if sitting.interface is not None and golden.path in {"", sitting.infer_path}:
        sitting.note_schema(request_problems(asked, sitting.interface), f"request of golden {golden.name}")
        sitting.note_schema(response_problems(found, sitting.interface), f"answer to golden {golden.name}")
    return differences(wanted, found, golden.tolerance)


def _json(name: str, data: bytes) -> object:
    try:
        answer: object = read_json(data)
    except Unfit as error:
        raise Unfit(f"{name}: {error}") from error
    return answer
