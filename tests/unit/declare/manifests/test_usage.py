"""Assumptions about use are a file of their own, and every figure in it has somebody who says so."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from fairlead.declare.manifests.usage import USAGE_FILE, read_usage
from fairlead.domain.infrastructure import Usage
from fairlead.drivers.folder import FolderTree
from tests.unit.declare.manifests.trees import write

_FILE = """\
source: forecast of 2026-10, J. Doe
resources:
  aws_lambda_function.score: {requestsPerMonth: 3000000, averageMilliseconds: 250}
otherwise: {hoursPerMonth: 160}
"""


def test_usage_by_address_and_otherwise(tmp_path: Path) -> None:
    """Exact numbers, with the file and its source in every one."""
    declared = read_usage(FolderTree(write(tmp_path, {USAGE_FILE: _FILE})))
    assert declared.findings == ()
    source = "fairlead-usage.yaml: forecast of 2026-10, J. Doe"
    assert declared.assumptions.of("aws_lambda_function.score") == Usage(source, Decimal(3_000_000), Decimal(250))
    other = declared.assumptions.of("aws_instance.a")
    assert other == Usage(f"{source} (for all that are not named)", hours=Decimal(160))


def test_no_file_assumes_nothing(tmp_path: Path) -> None:
    """And is no mistake."""
    declared = read_usage(FolderTree(tmp_path))
    assert declared.findings == ()
    assert declared.assumptions.of("anything") is None


def test_an_assumption_without_a_source_is_refused(tmp_path: Path) -> None:
    """With file and line; and then nothing is assumed."""
    declared = read_usage(FolderTree(write(tmp_path, {USAGE_FILE: "otherwise: {requestsPerMonth: -1}\n"})))
    assert declared.assumptions.of("anything") is None
    assert {each.path for each in declared.findings} == {USAGE_FILE}
    assert len(declared.findings) == 2
