"""What people write wrongly becomes findings with file, line, column and mend, and never an exception."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fairlead.declare.file_text import MAX_DECLARATION
from fairlead.declare.reader import Reader
from fairlead.domain.finding import Severity
from fairlead.drivers.folder import FolderTree
from tests.unit.declare.samples import MODEL, WORKSPACE, rules, single, write_workspace


def test_a_valid_workspace_has_no_finding(tmp_path: Path) -> None:
    """Specs and lock come out as declared."""
    declared = Reader().read(write_workspace(tmp_path))
    assert declared.findings == ()
    assert declared.workspace is not None
    model = declared.models["digits"]
    assert model.spec is not None
    assert model.lock is not None
    assert (model.path, model.uri_place) == ("models/digits", (5, 3))
    assert model.lock.uri == model.spec.artifact.uri


@pytest.mark.parametrize(
    ("added", "rule", "line", "column", "mend"),
    [
        ("servin: {}\n", "declare/unknown-field", 8, 1, "did you mean `serving`?"),
        ("serving:\n  replica: 2\n", "declare/unknown-field", 9, 3, "did you mean `replicas`?"),
        ("name: digits\n", "declare/unknown-field", 8, 1, "remove it: a model is called as its folder"),
        ("serving:\n  env:\n    A: {fromEnvv: B}\n", "declare/unknown-field", 10, 9, "did you mean `fromEnv`?"),
        ("serving: {replicas: '2'}\n", "declare/wrong-type", 8, 11, "write a whole number"),
        ("serving: {replicas: yes}\n", "declare/wrong-type", 8, 11, "write a whole number"),
        ("serving: {replicas: 1.5}\n", "declare/wrong-type", 8, 11, "write a whole number"),
        ("description: 3.14\n", "declare/wrong-type", 8, 1, "write text; put quotes around it"),
        ("serving: {env: {A: 3}}\n", "declare/wrong-type", 8, 17, "write text; put quotes around it"),
        ("risk: {class: extreme}\n", "declare/wrong-value", 8, 8, "correct the value"),
        ("slo: {latencyP99: fast}\n", "declare/wrong-value", 8, 7, "correct the value"),
        ("slo: {availability: 1e999}\n", "declare/wrong-value", 8, 7, "correct the value"),
        ("serving: {grace: 999999999999d}\n", "declare/wrong-value", 8, 11, "correct the value"),
        ("plans: [{per1kInferences: 1}]\n", "declare/missing-field", 8, 9, "add `segment:`"),
        ("serving: {runtime: command}\n", "declare/serving", 8, 11, "add `command: [program, --port, '{port}']`"),
        (
            "serving: {protocol: openai}\n",
            "declare/serving",
            8,
            11,
            "remove `protocol`, or serve it with `runtime: command`",
        ),
        ("serving: {scaling: {min: 3, max: 1}}\n", "declare/serving", 8, 21, "make `min` at most `max`"),
        ("serving: {env: {A: {}}}\n", "declare/secret-reference", 8, 17, "give exactly one of them"),
        (
            "metrics: [{name: auc, value: 0.9, data: x}]\n",
            "declare/unknown-data",
            8,
            35,
            "declare it under `data`; declared: none",
        ),
    ],
)
def test_a_wrong_model_is_told_by_place_and_mend(
    tmp_path: Path, added: str, rule: str, line: int, column: int, mend: str
) -> None:
    """One mistake, one finding, at the key that is wrong."""
    found = single(write_workspace(tmp_path, MODEL + added))
    assert (found.path, found.rule, found.line, found.column) == ("models/digits/model.yaml", rule, line, column)
    assert (found.mend, found.model) == (mend, "digits")


def test_a_missing_field_is_named(tmp_path: Path) -> None:
    """The message names the field with its path."""
    found = single(write_workspace(tmp_path, MODEL.replace("  uri: hf://acme/digits@main\n", "  {}\n")))
    assert (found.rule, found.message, found.line) == ("declare/missing-field", "`artifact.uri` is missing", 4)


def test_an_unknown_environment_is_told_with_the_known_ones(tmp_path: Path) -> None:
    """Nothing is fallen back to."""
    found = single(write_workspace(tmp_path, MODEL.replace("dev: {}", "staging: {}")))
    assert (found.rule, found.line, found.column) == ("declare/unknown-environment", 7, 3)
    assert found.mend == "use one of: dev, prod"


_RACK = "{name: %s, purchase: 1, years: 1, cores: 4, watts: 1, pricePerKwh: 1, asOf: 2026-11-01%s}"


@pytest.mark.parametrize(
    ("racks", "rows", "wrong"),
    [
        ([("a", ""), ("b", "")], "", True),
        ([("a", ""), ("b", "")], "rows: [{resource: cpu, price: 1, source: us, asOf: 2026-11-01}], ", False),
        ([("a", ""), ("b", ", gpus: 1, gpuType: L4, gpuShare: 1")], "", False),
        ([("a", ", gpus: 1, gpuType: L4, gpuShare: 1"), ("b", ", gpus: 2, gpuType: L4, gpuShare: 1")], "", True),
    ],
)
def test_two_machines_with_a_price_for_the_same_are_told(
    tmp_path: Path, racks: list[tuple[str, str]], rows: str, *, wrong: bool
) -> None:
    """Unless a row says which price holds, or their GPUs pay for the cores."""
    own = ", ".join(_RACK % rack for rack in racks)
    book = f"name: acme\npriceBook: {{currency: USD, {rows}hardware: [{own}]}}"
    declared = Reader().read(write_workspace(tmp_path, workspace=WORKSPACE.replace("name: acme", book)))
    assert [each.rule for each in declared.findings] == (["declare/duplicate-name"] if wrong else [])


def test_a_segment_without_customer_is_a_warning(tmp_path: Path) -> None:
    """A plan may come before its first customer, so it blocks nothing."""
    found = single(write_workspace(tmp_path, MODEL + "plans: [{segment: enterprise}]\n"))
    assert (found.rule, found.severity, found.line) == ("declare/unknown-segment", Severity.WARNING, 8)


@pytest.mark.parametrize(
    ("old", "new", "rule", "line"),
    [
        ("8802", "8801", "declare/port-twice", 8),
        ("name: prod", "name: dev", "declare/duplicate-name", 7),
        ("name: acme", "name: acme\nmetering: {window: 2s}", "declare/wrong-value", 4),
        ("kind: local, port: 8802", "kind: local, prot: 8802", "declare/missing-field", 8),
        ("name: acme", "name: acme\npriceBook: {currency: usd, rows: []}", "declare/wrong-value", 4),
        ("name: acme", "name: acme\ngateway: {trustedProxies: [here]}", "declare/wrong-value", 4),
    ],
)
def test_a_wrong_workspace_is_told(tmp_path: Path, old: str, new: str, rule: str, line: int) -> None:
    """Findings of fairlead.yaml have their lines too."""
    declared = Reader().read(write_workspace(tmp_path, workspace=WORKSPACE.replace(old, new)))
    assert (rule, line) in [(each.rule, each.line) for each in declared.findings]
    assert {each.path for each in declared.findings} == {"fairlead.yaml"}


@pytest.mark.parametrize(
    ("model", "rule"),
    [
        ("", "declare/empty-file"),
        ("# nothing\n", "declare/empty-file"),
        ("a: [", "declare/broken-yaml"),
        ("- 1\n", "declare/wrong-type"),
        (b"owner: \xff\n", "declare/not-utf-8"),
        (MODEL + "---\n" + MODEL, "declare/several-documents"),
        (b"a" * (MAX_DECLARATION + 1), "declare/too-large"),
        (MODEL + "owner: x\n", "declare/duplicate-key"),
    ],
)
def test_a_file_that_is_no_declaration_is_told(tmp_path: Path, model: str | bytes, rule: str) -> None:
    """The model stays in the answer, without spec, so that nobody mistakes it for deleted."""
    declared = Reader().read(write_workspace(tmp_path, model))
    assert rules(declared) == [rule]
    assert declared.models["digits"].spec is None
    assert declared.findings[0].line >= 1


def test_a_file_of_50_megabytes_is_not_read(tmp_path: Path) -> None:
    """The size is looked at before the first byte."""
    tree = write_workspace(tmp_path)
    with (tmp_path / "models/digits/model.yaml").open("wb") as stream:
        stream.truncate(50 << 20)
    assert single(tree).rule == "declare/too-large"


def test_a_flood_of_mistakes_is_counted(tmp_path: Path) -> None:
    """A hundred are told, and how many more there are."""
    declared = Reader().read(write_workspace(tmp_path, MODEL + "".join(f"x{n}: 1\n" for n in range(5_000))))
    assert len(declared.findings) == 101
    assert declared.findings[0].message == "4900 more problems in this file"


def test_links_are_never_followed(tmp_path: Path) -> None:
    """A link is a finding, whether it is a file, a model or the folder of all models."""
    tree = write_workspace(tmp_path)
    outside = tmp_path / "outside.yaml"
    outside.write_text(MODEL)
    (tmp_path / "models/digits/model.yaml").unlink()
    (tmp_path / "models/digits/model.yaml").symlink_to(outside)
    (tmp_path / "models/other").symlink_to(tmp_path / "models/digits")
    assert rules(Reader().read(tree)) == ["declare/not-a-file", "declare/not-a-folder"]
    (tmp_path / "models").rename(tmp_path / "moved")
    (tmp_path / "models").symlink_to(tmp_path / "moved")
    assert rules(Reader().read(FolderTree(tmp_path))) == ["declare/not-a-folder"]


def test_folders_that_are_no_models_are_told(tmp_path: Path) -> None:
    """Names that collide by case, names that are none, folders without a declaration, files that are not read."""
    tree = write_workspace(tmp_path)
    for name in ("Digits", "empty"):
        (tmp_path / "models" / name).mkdir()
    (tmp_path / "models/Digits/model.yaml").write_text(MODEL)
    (tmp_path / "models/digits/model.yml").write_text(MODEL)
    (tmp_path / "models/loose.yaml").write_text(MODEL)
    (tmp_path / "models/.hidden").mkdir()
    found = {(each.path, each.rule) for each in Reader().read(tree).findings}
    assert found == {
        ("models/digits/model.yaml", "declare/duplicate-model"),
        ("models/Digits/model.yaml", "declare/model-name"),
        ("models/Digits/model.yaml", "resolve/missing-lock"),
        ("models/digits/model.yml", "declare/duplicate-model"),
        ("models/empty/model.yaml", "declare/no-model-file"),
        ("models/loose.yaml", "declare/not-a-folder"),
    }


def test_no_workspace_is_a_finding(tmp_path: Path) -> None:
    """An empty folder is no exception, and its mend is `init`."""
    found = single(FolderTree(tmp_path))
    assert (found.rule, "fairlead init" in found.mend) == ("declare/no-workspace", True)


def test_a_changed_pointer_needs_a_new_lock(tmp_path: Path) -> None:
    """The finding names the command that pins it, at the pointer."""
    found = single(write_workspace(tmp_path, MODEL.replace("@main", "@v2")))
    assert (found.rule, found.line, found.column) == ("resolve/stale-lock", 5, 3)
    assert "fairlead lock digits" in found.mend


def test_a_missing_lock_is_a_finding(tmp_path: Path) -> None:
    """Nothing is delivered that is not pinned."""
    tree = write_workspace(tmp_path)
    (tmp_path / "models/digits/model.lock").unlink()
    assert single(tree).rule == "resolve/missing-lock"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    added=st.dictionaries(
        st.sampled_from(["serving", "plans", "risk", "slo", "data", "metrics", "environments", "owner", "x"]),
        st.recursive(
            st.one_of(st.none(), st.booleans(), st.integers(), st.text("ab1", max_size=3)),
            lambda inner: st.one_of(
                st.lists(inner, max_size=2),
                st.dictionaries(st.sampled_from(["env", "name", "dev", "A"]), inner, max_size=2),
            ),
            max_leaves=5,
        ),
    )
)
def test_any_shape_gives_findings_with_places(tmp_path: Path, added: dict[str, object]) -> None:
    """Whatever stands in a field, the answer is a spec or findings that all have a place and a mend."""
    import json

    base = {"apiVersion": "fairlead.dev/v1alpha1", "kind": "Model", "owner": "a", "artifact": {"uri": "hf://a/b"}}
    declared = Reader().read(write_workspace(tmp_path, json.dumps({**base, "environments": {"dev": {}}, **added})))
    assert all(each.line >= 1 and each.column >= 1 and each.mend and each.message for each in declared.findings)
    if declared.models["digits"].spec is None:
        assert declared.findings
