"""The packages of a model's server are looked up, and the place in the lock file is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fairlead.check.vulnerabilities import Vulnerability, vulnerability_finding
from fairlead.declare.reader import Reader
from fairlead.domain.finding import Finding
from fairlead.drivers.folder import FolderTree
from fairlead.drivers.osv_database import open_osv
from fairlead.flows.init import init
from fairlead.flows.judging.supply_chain import known_vulnerabilities
from fairlead.testing.progress import no_progress
from tests.unit.dependencies.entries import affected, entry


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """The example, with a database that knows one defect."""
    root = tmp_path / "acme"
    init(root)
    (root / "osv").mkdir()
    known = entry(affected({"introduced": "0"}, {"fixed": "2.6.0"}), database_specific={"severity": "HIGH"})
    (root / "osv/GHSA-53q9-r3pm-6pq6.json").write_text(json.dumps(known))
    return root


def declare(root: Path, name: str) -> None:
    """Name a lock file under `serving`."""
    place = root / "models/example/model.yaml"
    place.write_text(place.read_text().replace("  runtime: onnx\n", f"  runtime: onnx\n  dependencies: {name}\n"))


def looked_up(root: Path) -> tuple[tuple[Vulnerability, ...] | None, tuple[Finding, ...]]:
    """What is known of the example's packages."""
    tree = FolderTree(root)
    with open_osv(tree, "osv", root.parent / "cache", no_progress) as database:
        return known_vulnerabilities(tree, Reader().read(tree).models["example"], database)


def test_a_vulnerable_package_is_told_at_its_line(workspace: Path) -> None:
    """Rule, line and mend."""
    declare(workspace, "requirements.txt")
    (workspace / "models/example/requirements.txt").write_text("numpy==2.1.0\ntorch==2.5.1\n")
    known, unread = looked_up(workspace)
    assert known is not None
    assert unread == ()
    findings = [vulnerability_finding(each, "example") for each in known]
    assert [(each.package, each.severity, each.fixed) for each in known] == [("torch", "high", "2.6.0")]
    assert [(each.rule, each.place, each.mend) for each in findings] == [
        ("scan/vulnerable-dependency", "models/example/requirements.txt:2:1", "move to torch 2.6.0 or later")
    ]


def test_packages_that_are_not_known_are_not_fine(workspace: Path) -> None:
    """None is not an empty list: nobody looked. A file that is not there is a finding."""
    assert looked_up(workspace) == (None, ())
    declare(workspace, "requirements.txt")
    known, findings = looked_up(workspace)
    assert (known, [each.rule for each in findings]) == (None, ["scan/no-dependencies"])


def test_a_clean_environment(workspace: Path) -> None:
    """An empty list: looked up, and nothing known."""
    declare(workspace, "requirements.txt")
    (workspace / "models/example/requirements.txt").write_text("torch==2.6.0\n")
    assert looked_up(workspace) == ((), ())
