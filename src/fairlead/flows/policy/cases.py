"""`fairlead policy test`: every case that tries policies below a path. No workspace is needed."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.check.engines.base import Engine
from fairlead.check.policies.bundle import data_files
from fairlead.check.policies.cases.outcome import Outcome, Ran
from fairlead.check.policies.cases.rego_tests import run_rego_tests
from fairlead.check.policies.cases.suites import run_suites
from fairlead.domain.finding import Finding
from fairlead.domain.tree import TreeEntry
from fairlead.kernel.errors import BrokenWorldError, UsageError
from fairlead.ports import Progress, Tree, leaves

__all__ = ["run_cases"]

_LARGEST = 4 << 20
_MOST = 20_000
_DEEPEST = 32
_SUITES, _REGO = (".yaml", ".yml"), ".rego"
_DATA = ("data.json", "data.yaml", "data.yml")


def run_cases(tree: Tree, path: str, engine: Engine, progress: Progress) -> Ran:
    """Gatekeeper's suites and Rego's unit tests at or below `path`, judged by `engine`.

    `tree` also holds what suites name outside of `path`. UsageError where there is no case: nothing tried is no pass.
    """
    texts = dict(_texts(tree, path))
    suites = [(name, text) for name, text in texts.items() if name.endswith(_SUITES)]
    rego = [(name, text) for name, text in texts.items() if name.endswith(_REGO)]
    data = data_files(((name, text) for name, text in texts.items() if name.rpartition("/")[2] in _DATA), path)
    ran = run_suites(suites, lambda name: texts.get(name) or _text_at(tree, name), engine, progress)
    ran += run_rego_tests(rego, data.data, engine, progress)
    ran += Ran(tuple(_broken_data(each) for each in data.findings))
    if not ran.outcomes:
        aside = f" ({ran.skipped} are set aside)" if ran.skipped else ""
        mend = "name a folder with a Gatekeeper suite (kind: Suite) or with rules called test_... in Rego"
        raise UsageError(f"there is no case to run{aside}", where=path or tree.label, mend=mend)
    return ran


def _broken_data(found: Finding) -> Outcome:
    got = f"error: line {found.line}: {found.message}"
    return Outcome(found.path, "data", "", "data that can be read", got, passed=False, error=True)


def _texts(tree: Tree, path: str) -> Iterator[tuple[str, str]]:
    entry = tree.entry(path) if path else None
    found = [entry] if entry is not None and entry.kind == "blob" else leaves(tree, path, _DEEPEST)
    count = 0
    for each in found:
        if each.kind == "blob" and _holds_policy(each.path):
            count += 1
            if count > _MOST:
                mend = "name a folder that holds less"
                raise BrokenWorldError(f"more than {_MOST} files of policies", where=path, mend=mend)
            yield each.path, _text(tree, each)


def _holds_policy(path: str) -> bool:
    return path.endswith((*_SUITES, _REGO)) or path.rpartition("/")[2] in _DATA


def _text_at(tree: Tree, path: str) -> str | None:
    entry = tree.entry(path)
    return _text(tree, entry) if entry is not None and entry.kind == "blob" else None


def _text(tree: Tree, entry: TreeEntry) -> str:
    if entry.size > _LARGEST:
        message = f"the file has {entry.size} bytes, more than the {_LARGEST} that are read"
        raise BrokenWorldError(message, where=entry.path, mend="keep large files out of the policies' folder")
    with tree.open(entry) as stream:
        return stream.read(_LARGEST).decode("utf-8", "replace")
