"""A foreign tree's manifests: found, named with their place, rendered where they must be, and refused in words."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from fairlead.declare.manifests import documents
from fairlead.declare.manifests.files import MAX_FILE
from fairlead.declare.manifests.reader import read_manifests
from fairlead.domain.infrastructure import Manifests
from fairlead.drivers.folder import FolderTree
from fairlead.drivers.kustomize import kustomizer
from tests.unit.declare.manifests.trees import DEPLOYMENT, FLEET, broken, read, rules, write

needs_kustomize = pytest.mark.skipif(
    not (shutil.which("kustomize") or shutil.which("kubectl")), reason="neither kustomize nor kubectl is here"
)


def names(manifests: Manifests) -> list[tuple[str, str]]:
    """Kind and name of every document."""
    return [(each.kind, each.name) for each in manifests.documents]


def test_documents_come_in_order_of_place() -> None:
    """Quoted kinds, several documents in a file; a chart is named and not read, a patch is no workload."""
    found = read_manifests(FolderTree(FLEET), kustomize=None)
    assert names(found) == [
        ("Application", "text"),
        ("Application", "two-sources"),
        ("ApplicationSet", "clusters"),
        ("Deployment", "worker"),
        ("LLMInferenceService", "writer"),
        ("ClusterServingRuntime", "own-runtime"),
        ("InferenceService", "tabular"),
        ("InferenceService", "sentiment"),
        ("Deployment", "front"),
        ("ScaledObject", "front"),
    ]
    assert [each for each in rules(found) if "moving" not in each[2]] == [
        ("chart/Chart.yaml", 1, "foreign/helm-chart", "info"),
        ("overlays/prod/kustomization.yaml", 1, "foreign/no-kustomize", "info"),
    ]


def test_a_value_is_found_by_its_line() -> None:
    """The line in the file, in the second document of it too."""
    found = read_manifests(FolderTree(FLEET), kustomize=None)
    front = next(each for each in found.documents if (each.kind, each.name) == ("Deployment", "front"))
    text = (FLEET / "serving" / "sentiment.yaml").read_text().splitlines()
    line = front.line_of(("spec", "template", "spec", "containers", 0, "image"))
    assert text[line - 1].strip() == "image: registry.example/front:latest"
    assert front.line_of(("spec", "no", "such")) == front.line_of(("spec",))
    assert front.line_of(("nothing",)) == front.line


@needs_kustomize
def test_a_kustomization_is_what_it_becomes() -> None:
    """Its base and its patch are not reported once more, and what it makes is placed where somebody wrote it."""
    found = read_manifests(FolderTree(FLEET), kustomize=kustomizer(FLEET))
    (worker,) = (each for each in found.documents if each.name.endswith("worker"))
    assert worker.name == "prod-worker"
    assert worker.document["spec"]["replicas"] == 4
    assert worker.document["spec"]["template"]["spec"]["containers"][0]["image"] == "registry.example/worker:1.2.0"
    assert (worker.path, worker.line, worker.origin) == ("base/worker.yaml", 2, "overlays/prod/kustomization.yaml")
    assert "foreign/no-kustomize" not in {rule for _, _, rule, _ in rules(found)}


def test_a_kustomization_that_fails_is_read_as_it_stands() -> None:
    """The finding says what the program said, and blocks: nobody knows what it would become."""
    found = read_manifests(FolderTree(FLEET), kustomize=broken)
    failed = next(each for each in found.findings if each.rule == "foreign/kustomize-failed")
    assert failed.severity.value == "insufficient"
    assert "no luck in overlays/prod" in failed.message
    assert ("Deployment", "worker") in names(found)


@pytest.mark.parametrize(
    ("kustomization", "rule"),
    [
        ("resources: [https://example.com/a.yaml]", "foreign/kustomize-remote"),
        ("resources: [github.com/acme/deploy//base]", "foreign/kustomize-remote"),
        ("bases: ['git@example.com:acme/deploy']", "foreign/kustomize-remote"),
        ("components: [example.com/acme/deploy?ref=main]", "foreign/kustomize-remote"),
        ("configMapGenerator: [{name: a, files: ['x=https://example.com/a']}]", "foreign/kustomize-remote"),
        ("secretGenerator: [{name: a, envs: ['http://169.254.169.254/']}]", "foreign/kustomize-remote"),
        ("openapi: {path: 'https://example.com/schema'}", "foreign/kustomize-remote"),
        ("patches: [{path: 'https://example.com/patch.yaml'}]", "foreign/kustomize-remote"),
        ("helmCharts: [{name: keda, repo: 'https://charts.example'}]", "foreign/kustomize-remote"),
        ("resources: [example.org/acme/deploy]", "foreign/kustomize-absent"),
        ("resources: [../outside]", "foreign/kustomize-absent"),
        ("resources: [/etc]", "foreign/kustomize-absent"),
    ],
)
def test_no_kustomization_reaches_the_network(tmp_path: Path, kustomization: str, rule: str) -> None:
    """The program is not even started, also where an overlay reaches it through its base."""

    def started(folder: str) -> str:
        raise AssertionError(folder)

    write(tmp_path, {"base/kustomization.yaml": kustomization, "top/kustomization.yaml": "resources: [../base]"})
    found = read_manifests(FolderTree(tmp_path), kustomize=started)
    assert rules(found) == [("base/kustomization.yaml", 1, rule, "insufficient")]


def test_a_kustomization_behind_a_link_is_not_rendered(tmp_path: Path) -> None:
    """It may lead out of what is checked."""
    write(tmp_path, {"outside/kustomization.yaml": "resources: []", "in/kustomization.yaml": "resources: [link]"})
    (tmp_path / "in" / "link").symlink_to(tmp_path / "outside")
    found = read_manifests(FolderTree(tmp_path / "in"), kustomize=broken)
    assert rules(found) == [("kustomization.yaml", 1, "foreign/kustomize-absent", "insufficient")]


def test_two_overlays_of_one_base_both_run(tmp_path: Path) -> None:
    """Each overlay is its own thing; the base, which nobody applies, is none."""
    files: dict[str, str | bytes] = {"base/kustomization.yaml": "resources: [web.yaml]", "base/web.yaml": DEPLOYMENT}
    files |= {f"{name}/kustomization.yaml": "resources: [../base]" for name in ("dev", "prod")}
    asked: list[str] = []

    def same(folder: str) -> str:
        asked.append(folder)
        return DEPLOYMENT

    found = read_manifests(FolderTree(write(tmp_path, files)), kustomize=same)
    assert asked == ["dev", "prod"]
    assert [each.origin for each in found.documents] == ["dev/kustomization.yaml", "prod/kustomization.yaml"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("apiVersion: v1\nkind: Pod\nmetadata: {name: {x}\n", [("a.yaml", 4, "foreign/broken-yaml", "insufficient")]),
        ("apiVersion: v1\nkind: Pod\nx: {{ .Values.x }}\n", [("a.yaml", 3, "foreign/template", "info")]),
        (b"apiVersion: v1\nkind: Pod\nname: \xff\xfe\n", [("a.yaml", 3, "foreign/not-utf-8", "insufficient")]),
        ("no: {manifest", []),
        (b"\xff\xfe\x00", []),
        ("apiVersion: v1\nkind: Pod\n#" + "x" * MAX_FILE, [("a.yaml", 1, "foreign/too-large", "insufficient")]),
        ("#" + "x" * MAX_FILE, []),
    ],
)
def test_what_cannot_be_read_is_said(
    tmp_path: Path, content: str | bytes, expected: list[tuple[str, int, str, str]]
) -> None:
    """Where it looks like a manifest; what is none of ours is passed over in silence."""
    assert rules(read(tmp_path, {"a.yaml": content})) == expected


def test_lists_json_and_types(tmp_path: Path) -> None:
    """A List is its items, JSON is read, and definitions of kinds are not workloads."""
    listed = "apiVersion: v1\nkind: List\nitems:\n  - apiVersion: v1\n    kind: Pod\n    metadata: {name: a}\n"
    files: dict[str, str | bytes] = {
        "list.yaml": listed,
        "pod.json": '{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "b"}}',
        "stream.json": '{"apiVersion": "v1", "kind": "Pod"}\n{"apiVersion": "v1", "kind": "Pod", "spec": [1]}',
        "together.json": '[{"apiVersion": "v1", "kind": "Pod"}]',
        "crd.yaml": "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n",
        "node_modules/x/pod.yaml": DEPLOYMENT,
        "fairlead.yaml": "apiVersion: fairlead.dev/v1alpha1\nkind: Workspace\n",
        "package.json": '{"kind": "x"}',
    }
    found = read(tmp_path, files)
    assert [(each.name, each.path, each.line) for each in found.documents] == [
        ("a", "list.yaml", 4),
        ("b", "pod.json", 1),
        ("", "stream.json", 1),
        ("", "stream.json", 1),
        ("", "together.json", 1),
    ]
    assert found.documents[0].line_of(("metadata", "name")) == 6
    assert found.findings == ()


def test_documents_in_a_file_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is beyond is said, and blocks."""
    monkeypatch.setattr(documents, "MAX_DOCUMENTS", 3)
    stream = '{"apiVersion": "v1", "kind": "Pod"}\n' * 5
    assert len(read(tmp_path / "json", {"a.json": stream}).documents) == 3
    found = read(tmp_path / "yaml", {"a.yaml": "---\n".join([DEPLOYMENT] * 5)})
    assert len(found.documents) == 3
    assert rules(found) == [("a.yaml", 27, "foreign/too-large", "insufficient")]


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link out of the tree brings nothing in."""
    outside = write(tmp_path / "outside", {"pod.yaml": DEPLOYMENT})
    inside = write(tmp_path / "inside", {"a.yaml": DEPLOYMENT})
    (inside / "link").symlink_to(outside)
    (inside / "link.yaml").symlink_to(outside / "pod.yaml")
    assert [each.path for each in read(inside).documents] == ["a.yaml"]


def test_a_thousand_files_are_quick(tmp_path: Path) -> None:
    """About a millisecond for a manifest, and nothing for a file that is none."""
    write(tmp_path, {f"d{n % 20}/f{n}.yaml": DEPLOYMENT for n in range(500)})
    write(tmp_path, {f"d{n % 20}/o{n}.yaml": "a: 1\n" * 50 for n in range(500)})
    steps: list[tuple[int, int, str]] = []
    found = read_manifests(
        FolderTree(tmp_path), kustomize=None, progress=lambda done, total, label: steps.append((done, total, label))
    )
    assert len(found.documents) == 500
    assert steps[-1] == (999, 1000, "reading manifests")
