"""What other scanners say of a pickle that the symbolic machine found clean: `picklescan`, then `fickling`.

Both read the bytes and execute nothing. What they see imported is compared with the same allow-list, so that each
decoder guards against a slip in another. They keep all of a pickle's opcodes in memory, so they are asked about
pickles up to MAX_BYTES and MAX_STEPS; beyond, the machine alone decides.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO

from fairlead.check.scanners.allowed import is_allowed
from fairlead.check.scanners.base import Place, Problem, shown

__all__ = ["MAX_BYTES", "MAX_STEPS", "second_opinion"]

MAX_BYTES = 16 << 20
MAX_STEPS = 100_000
"""Opcodes."""

_MEND = "do not load this file; convert the model to safetensors or ONNX"
_FICKLING_STEPS = 10_000


def second_opinion(pickle: bytes, steps: int, place: Place) -> Iterable[Problem]:
    """At most one problem for each scanner that objects to one pickle of `steps` opcodes."""
    objections = {"picklescan": _picklescan(pickle)}
    if steps <= _FICKLING_STEPS:
        objections["fickling"] = _fickling(pickle)
    for scanner, said in objections.items():
        if said:
            about = ", ".join(shown(each) for each in said[:3])
            yield Problem("scan/second-opinion", f"`{place.label}`: {scanner} objects: {about}", _MEND)


def _picklescan(pickle: bytes) -> list[str]:
    """What it holds to be dangerous, and what it sees imported that is not allowed."""
    from picklescan.scanner import SafetyLevel, scan_pickle_bytes

    with _silent("picklescan"):
        result = scan_pickle_bytes(BytesIO(pickle), "pickle")
    bad = [
        f"{each.module}.{each.name}"
        for each in result.globals
        if each.safety is SafetyLevel.Dangerous or not is_allowed(each.module, each.name)
    ]
    return [*sorted(bad), *(["it cannot read the pickle"] if result.scan_err else [])]


def _fickling(pickle: bytes) -> list[str]:
    """What it sees imported that is not allowed; nothing where it does not know an opcode, as some of protocol 5."""
    from fickling.exception import ResourceExhaustionError
    from fickling.fickle import Pickled

    try:
        imports = Pickled.load(BytesIO(pickle)).properties.imports
    except (NotImplementedError, ResourceExhaustionError, ValueError, LookupError, TypeError, RecursionError):
        return []
    seen = {(getattr(each, "module", None) or "", name.name) for each in imports for name in each.names}
    return sorted(f"{module}.{name}" for module, name in seen if not is_allowed(module, name))


@contextmanager
def _silent(name: str) -> Iterator[None]:
    """Its findings are ours to tell: it would write them to standard error as well."""
    log = logging.getLogger(name)
    before, log.disabled = log.disabled, True
    try:
        yield
    finally:
        log.disabled = before
