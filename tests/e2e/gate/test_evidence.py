"""A model is tested, and its numbers are evidence: bound to bytes and data. And its bill of materials."""

from __future__ import annotations

import hashlib
import json
import shutil

import pytest

from tests.e2e.gate.shop import MODEL, Shop

CSV = "area,rooms,rent\n80,3,1200\n40,1,650\n100,4,1550\n"
TESTS = """\
data:
  - name: homes
    uri: file:models/example/homes.csv
    sha256: {digest}
    purpose: test
tests:
  golden:
    - {{name: three rooms, request: request.json, response: response.json, tolerance: 1}}
  metrics:
    - {{data: homes, label: rent, metrics: [mae, rmse], bounds: {{mae: {{max: {bound}}}}}}}
  latency: {{requests: 20, p99: 2s}}
"""
EVIDENCE = "models/example/evidence.json"


@pytest.fixture
def tested(change: Shop) -> Shop:
    """A shop whose model declares tests, on real data, and has evidence for them."""
    declare(change)
    answer = change.run("test", "example", "--format", "json")
    assert answer.code == 0, answer.out + answer.err
    assert answer.told["verdict"] == "pass"
    change.commit("Tested")
    return change


def declare(shop: Shop, bound: int = 60) -> None:
    """Write the data, the golden request, and the tests."""
    shop.write("models/example/homes.csv", CSV)
    shop.write(
        "models/example/request.json",
        '{"inputs": [{"name": "home", "shape": [1, 2], "datatype": "FP32", "data": [80, 3]}]}',
    )
    shop.write("models/example/response.json", '{"outputs": [{"shape": [1, 1], "data": [1180]}]}')
    digest = hashlib.sha256(CSV.encode()).hexdigest()
    shop.write(MODEL, (shop.folder / MODEL).read_text() + TESTS.format(digest=digest, bound=bound))


def test_evidence_opens_the_gate_until_anything_changes(tested: Shop) -> None:
    """It holds for these bytes, this data and these tests; for others it is `insufficient`."""
    assert tested.judge().code == 0
    told = json.loads((tested.folder / EVIDENCE).read_text())
    lock = json.loads((tested.folder / "models/example/model.lock").read_text())
    assert lock["tree"] in json.dumps(told)
    assert hashlib.sha256(CSV.encode()).hexdigest() in json.dumps(told)
    tested.edit(MODEL, ("mae: {max: 60}", "mae: {max: 61}"))
    tested.commit("Another bound")
    assert tested.judge().told["verdict"] == "insufficient"


def test_no_evidence_is_insufficient(change: Shop) -> None:
    """Declared tests that nobody ran do not pass; the mend names the command."""
    declare(change)
    change.commit("Tests")
    answer = change.judge()
    assert answer.told["verdict"] == "insufficient"
    assert any("fairlead test" in each["mend"] for each in answer.blocking)


def test_evidence_for_other_bytes_is_insufficient(tested: Shop) -> None:
    """A lock of other bytes: the measured numbers are of another model."""
    path = "models/example/model.onnx"
    text = (tested.folder / path).read_bytes()
    tested.write(path, text.replace(b"home", b"hume"))
    assert tested.run("lock", "example").code == 0
    tested.commit("Other bytes")
    answer = tested.judge()
    assert answer.code == 1
    assert any(
        each["severity"] == "insufficient" and "evidence" in each["path"] + each["rule"] + each["message"]
        for each in answer.blocking
    )


def test_a_model_beyond_its_bound_fails(change: Shop) -> None:
    """The numbers are computed again, and a bound that they break is a failure, then and at the gate."""
    declare(change, bound=1)
    answer = change.run("test", "example", "--format", "json")
    assert (answer.code, answer.told["verdict"]) == (1, "fail")
    change.commit("Tested badly")
    assert change.judge().code == 1


def test_a_typed_metric_is_not_the_measured_one(tested: Shop) -> None:
    """`metrics` in model.yaml that differs from what was measured is an error."""
    tested.write(MODEL, (tested.folder / MODEL).read_text() + "metrics: [{name: mae, value: 0.5, data: homes}]\n")
    tested.run("test", "example")
    tested.commit("Boast")
    assert tested.judge().code == 1


def test_data_of_other_bytes_proves_nothing(change: Shop) -> None:
    """A pinned data file that was changed: the test ends as insufficient."""
    declare(change)
    change.write("models/example/homes.csv", CSV + "1,1,1\n")
    answer = change.run("test", "example", "--format", "json")
    assert (answer.code, answer.told["verdict"]) == (1, "insufficient")


def test_a_bill_of_materials_names_the_locked_bytes(shop: Shop) -> None:
    """CycloneDX, valid under the official schema, with the digests of the lock; the same bytes each time."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    first, second = shop.run("sbom", "example"), shop.run("sbom", "example")
    assert first.code == 0
    assert first.out == second.out
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(first.out) is None
    lock = json.loads((shop.folder / "models/example/model.lock").read_text())
    assert all(each["sha256"] in first.out for each in lock["files"])
    assert "modelCard" in first.out
    assert "Apache-2.0" in first.out
    assert shop.run("sbom", "nobody").code == 2


def test_a_pickle_in_a_models_clothes_is_refused(change: Shop) -> None:
    """A pickle that would run a command is found, disguised as weights and inside an archive; nothing runs."""
    import pickle
    import zipfile

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            import os

            return os.system, (f"touch {change.folder}/owned",)

    for name in ("weights.safetensors", "model.bin", "nested.zip"):
        folder = change.folder / "models/example/files"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        shutil.copy(change.folder / "models/example/model.onnx", folder)
        data = pickle.dumps(Bomb())
        if name.endswith("zip"):
            with zipfile.ZipFile(folder / name, "w") as packed:
                packed.writestr("inner.pkl", data)
        else:
            (folder / name).write_bytes(data)
        text = (change.folder / MODEL).read_text()
        change.write(MODEL, text.replace("file:models/example/model.onnx", "file:models/example/files"))
        change.run("lock", "example")
        change.commit(name)
        assert change.judge().code == 1, name
    assert not (change.folder / "owned").exists()
