"""Argo CD's moving revisions are findings, with what follows by itself from them."""

from __future__ import annotations

from pathlib import Path

from fairlead.declare.manifests.argocd import applications
from fairlead.declare.manifests.reader import read_manifests
from fairlead.drivers.folder import FolderTree
from tests.unit.declare.manifests.trees import FLEET, read


def test_moving_revisions_are_found_at_their_line() -> None:
    """HEAD, a branch in an ApplicationSet, and a source that names nothing; a chart's version is none of them."""
    found = read_manifests(FolderTree(FLEET), kustomize=None)
    moving = [each for each in found.findings if each.rule == "foreign/moving-revision"]
    assert [(each.path, each.line) for each in moving] == [
        ("apps/argo.yaml", 9),
        ("apps/argo.yaml", 22),
        ("apps/argo.yaml", 35),
    ]
    assert "`targetRevision: HEAD`" in moving[0].message
    assert "syncs by itself and prunes and undoes changes by hand" in moving[0].message
    assert "the default branch" in moving[1].message


def test_how_an_application_syncs_is_data() -> None:
    """Prune, self-healing and retries, off where nothing says so."""
    found = read_manifests(FolderTree(FLEET), kustomize=None)
    text, chart, values, _ = applications(found.documents)
    assert (text.automated, text.prune, text.self_heal, text.retries) == (True, True, True, 5)
    assert (chart.revision, chart.pin.value) == ("2.14.0", "tag")
    assert (values.automated, values.prune, values.self_heal, values.retries) == (False, False, False, None)


def test_other_applications_are_not_argo_cds(tmp_path: Path) -> None:
    """The kind's name alone says nothing."""
    found = read(tmp_path, {"a.yaml": "apiVersion: app.k8s.io/v1beta1\nkind: Application\nspec: {source: {}}\n"})
    assert applications(found.documents) == ()
    assert found.findings == ()
