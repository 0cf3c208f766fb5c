"""What the declared tests of a model must keep to besides their shape: data that is pinned, files that are in reach."""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.domain.lock_text import is_safe_path
from fairlead.domain.model import ModelSpec
from fairlead.domain.trial import Golden, MetricTrial, Trial

__all__ = ["trial_findings"]

_Found = tuple[tuple[str | int, ...], str, str, str]
"""Location, rule, message, mend."""


def trial_findings(spec: ModelSpec) -> Iterator[_Found]:
    """What the tests break."""
    if spec.tests is None:
        return
    yield from _evidence(spec, spec.tests)
    if spec.tests.latency is not None and not (spec.tests.golden or spec.tests.metrics):
        mend = "add a request under `golden`, or a data set under `metrics`"
        yield ("tests", "latency"), "declare/wrong-value", "there is no request to be measured", mend
    for index, golden in enumerate(spec.tests.golden):
        yield from _golden(golden, index, spec.tests)
    for index, metric in enumerate(spec.tests.metrics):
        yield from _data(spec, metric, index)
        yield from _bounds(metric, index)


def _evidence(spec: ModelSpec, trial: Trial) -> Iterator[_Found]:
    """The file is written anew by each test, so nothing else may be in its place."""
    location, mend = ("tests", "evidence"), "write evidence.json"
    if not is_safe_path(trial.evidence):
        yield location, "declare/wrong-value", "the path leaves the model's folder", mend
    others = {each for golden in trial.golden for each in (golden.request, golden.response)}
    if not trial.evidence.endswith(".json") or trial.evidence in others | {spec.serving.dependencies}:
        yield location, "declare/wrong-value", "the evidence must be a JSON file of its own", mend


def _golden(golden: Golden, index: int, trial: Trial) -> Iterator[_Found]:
    for field, path in (("request", golden.request), ("response", golden.response)):
        if not is_safe_path(path):
            location = ("tests", "golden", index, field)
            yield location, "declare/wrong-value", "the path leaves the model's folder", "put the file into the folder"
    if golden.name in {each.name for each in trial.golden[:index]}:
        location = ("tests", "golden", index, "name")
        yield location, "declare/duplicate-name", f"`{golden.name}` is declared twice", "give each its own name"


def _data(spec: ModelSpec, metric: MetricTrial, index: int) -> Iterator[_Found]:
    location = ("tests", "metrics", index, "data")
    named = [each for each in spec.data if each.name == metric.data]
    if not named:
        mend = f"declare it under `data`; declared: {', '.join(each.name for each in spec.data) or 'none'}"
        yield location, "declare/unknown-data", f"there is no data set `{metric.data}`", mend
    elif named[0].sha256 is None:
        message = f"`{metric.data}` is not pinned: without its sha256 a number says nothing"
        yield location, "declare/unpinned-data", message, "add `sha256` to it, as `sha256sum FILE` prints it"


def _bounds(metric: MetricTrial, index: int) -> Iterator[_Found]:
    measured = set(metric.metrics)
    for name, bound in metric.bounds.items():
        location = ("tests", "metrics", index, "bounds", name)
        if bound.min is not None and bound.max is not None and bound.min > bound.max:
            yield location, "declare/wrong-value", "`min` is more than `max`", "make `min` at most `max`"
        if name not in measured and not (metric.groups and _compares_groups(name)):
            mend = "add it to `metrics`, or for a group metric name columns in `groups`"
            yield location, "declare/wrong-value", f"`{name}` is bounded and not measured", mend


def _compares_groups(name: str) -> bool:
    return name.endswith(("-difference", "-ratio"))
