"""The model server as a process: what it answers, what it refuses, and how it says that a model is broken."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
from onnx import TensorProto, helper, save

from fairlead.domain.serving import RunningServer, ServerState
from fairlead.serve.oip import oip_command
from fairlead.serve.records import last_lines
from tests.contract.serve.conftest import Place, infer_body, write_doubling_model

TYPES: dict[str, tuple[int, list[Any]]] = {
    "BOOL": (TensorProto.BOOL, [True, False]),
    "UINT8": (TensorProto.UINT8, [0, 255]),
    "UINT16": (TensorProto.UINT16, [0, 65_535]),
    "UINT32": (TensorProto.UINT32, [0, 2**32 - 1]),
    "UINT64": (TensorProto.UINT64, [0, 2**64 - 1]),
    "INT8": (TensorProto.INT8, [-128, 127]),
    "INT16": (TensorProto.INT16, [-(2**15), 2**15 - 1]),
    "INT32": (TensorProto.INT32, [-(2**31), 2**31 - 1]),
    "INT64": (TensorProto.INT64, [-(2**63), 2**63 - 1]),
    "FP16": (TensorProto.FLOAT16, [0.5, -65_504.0]),
    "FP32": (TensorProto.FLOAT, [0.25, -1e30]),
    "FP64": (TensorProto.DOUBLE, [0.1, -1e300]),
    "BYTES": (TensorProto.STRING, ["", 'grüße "x"']),
}


@pytest.fixture
def model(place: Place) -> Iterator[httpx2.Client]:
    """A client of the doubling model's own server."""
    with httpx2.Client(base_url=f"http://127.0.0.1:{place.model_server().port}", timeout=10) as one:
        yield one


def start_identity(place: Place) -> RunningServer:
    """A server of a model that gives back what it takes, with one input per datatype."""
    folder = place.root / "identity"
    folder.mkdir()
    nodes = [helper.make_node("Identity", [f"in_{name}"], [f"out_{name}"]) for name in TYPES]
    inputs = [helper.make_tensor_value_info(f"in_{name}", kind, ["n"]) for name, (kind, _) in TYPES.items()]
    outputs = [helper.make_tensor_value_info(f"out_{name}", kind, ["n"]) for name, (kind, _) in TYPES.items()]
    graph = helper.make_graph(nodes, "identity", inputs, outputs)
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "any-name.onnx")
    spec = place.spec(*oip_command("m", 1), model_dir=folder, readiness_path="/v2/health/ready")
    return place.ready(place.host.start(spec).id)


def test_every_datatype_comes_back(place: Place) -> None:
    """All datatypes of ONNX tensors, at the ends of their ranges, in JSON; with the datatype's name."""
    server = start_identity(place)
    inputs = [
        {"name": f"in_{name}", "datatype": name, "shape": [2], "data": values} for name, (_, values) in TYPES.items()
    ]
    answer = httpx2.post(f"http://127.0.0.1:{server.port}/v2/models/m/infer", json={"inputs": inputs}).json()
    given = {one["name"]: (one["datatype"], one["shape"], one["data"]) for one in answer["outputs"]}
    for name, (_, values) in TYPES.items():
        expected = [float(np.float32(value)) for value in values] if name == "FP32" else values
        assert given[f"out_{name}"] == (name, [2], expected)


def test_every_datatype_comes_back_as_raw_bytes(place: Place) -> None:
    """The same through the binary extension, both ways."""
    server = start_identity(place)
    raw: dict[str, bytes] = {}
    for name, (kind, values) in TYPES.items():
        if name == "BYTES":
            raw[name] = b"".join(len(text.encode()).to_bytes(4, "little") + text.encode() for text in map(str, values))
        else:
            raw[name] = np.array(values, dtype=helper.tensor_dtype_to_np_dtype(kind)).tobytes()
    inputs = [
        {"name": f"in_{name}", "datatype": name, "shape": [2], "parameters": {"binary_data_size": len(raw[name])}}
        for name in TYPES
    ]
    head = json.dumps({"inputs": inputs, "parameters": {"binary_data_output": True}}).encode()
    answer = httpx2.post(
        f"http://127.0.0.1:{server.port}/v2/models/m/infer",
        content=head + b"".join(raw.values()),
        headers={"inference-header-content-length": str(len(head))},
    )
    size = int(answer.headers["inference-header-content-length"])
    sizes = [one["parameters"]["binary_data_size"] for one in json.loads(answer.content[:size])["outputs"]]
    assert sizes == [len(one) for one in raw.values()]
    assert answer.content[size:] == b"".join(raw.values())


def test_nested_data_and_several_rows(model: httpx2.Client) -> None:
    """Data may be nested like its shape; the first dimension is free."""
    tensor = {"name": "x", "datatype": "FP32", "shape": [2, 4], "data": [[1, 2, 3, 4], [5, 6, 7, 8]]}
    (output,) = model.post("/v2/models/m/infer", json={"id": "7", "inputs": [tensor]}).json()["outputs"]
    assert (output["shape"], output["data"]) == ([2, 4], [2, 4, 6, 8, 10, 12, 14, 16])


def tensor(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of any kind
    """A request whose only input differs."""
    return {"inputs": [{**infer_body()["inputs"][0], **changes}]}


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (tensor(shape=[1, 3]), "input 'x' has shape [1, 3], the model wants [-1, 4]"),
        (tensor(shape=[4]), "input 'x' has shape [4], the model wants [-1, 4]"),
        (tensor(shape=[-1, 4]), "input 'x': shape must be a list of whole numbers"),
        (tensor(shape=[2, 4]), "input 'x' has 4 values, its shape [2, 4] needs 8"),
        (tensor(shape=[10**9, 4]), f"input 'x' has 4 values, its shape [{10**9}, 4] needs {4 * 10**9}"),
        (tensor(datatype="INT64"), "input 'x' is 'INT64', the model wants FP32"),
        (tensor(data=[1, 2, 3, "a"]), "input 'x': could not convert string to float: 'a'"),
        (tensor(data=[[1, 2], [3, [4]]]), "input 'x': "),
        (tensor(data=None), "input 'x': data must be a list"),
        (tensor(name="z"), "unknown input 'z'; the model takes: x"),
        ({"inputs": []}, "missing input: x"),
        ({"inputs": 3}, "inputs must be a list of tensors"),
        ({**infer_body(), "outputs": [{"name": "q"}]}, "unknown output 'q'; the model gives: y"),
        ([], "the request must be a JSON object"),
    ],
)
def test_what_does_not_fit_is_refused_clearly(model: httpx2.Client, body: object, reason: str) -> None:
    """400 with one sentence that names the input and what the model wants."""
    answer = model.post("/v2/models/m/infer", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(reason)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[" * 200_000])
def test_what_is_not_json_is_refused(model: httpx2.Client, raw: bytes) -> None:
    """400, and the server lives on."""
    assert model.post("/v2/models/m/infer", content=raw).status_code == 400
    assert model.post("/v2/models/m/infer", json=infer_body()).status_code == 200


def test_a_body_is_bounded(model: httpx2.Client) -> None:
    """413 for more than 64 MiB, however it is sent."""
    pieces = (b" " * 1_048_576 for _ in range(66))
    assert model.post("/v2/models/m/infer", content=pieces).status_code == 413


def test_what_json_cannot_hold(model: httpx2.Client) -> None:
    """An infinite result is said, not sent as something that is no JSON; as raw bytes it is."""
    body = tensor(data=[3e38] * 4)
    refused = model.post("/v2/models/m/infer", json=body)
    assert (refused.status_code, "binary_data" in refused.json()["error"]) == (500, True)
    raw = model.post("/v2/models/m/infer", json={**body, "parameters": {"binary_data_output": True}})
    assert np.isinf(np.frombuffer(raw.content[-16:], dtype=np.float32)).all()


def test_other_paths(model: httpx2.Client) -> None:
    """The protocol's other paths, and JSON for what is not there."""
    assert model.get("/v2").json()["name"] == "fairlead"
    assert model.get("/v2/health/live").json() == {"live": True}
    assert model.get("/v2/models/m").json()["outputs"] == [{"name": "y", "datatype": "FP32", "shape": [-1, 4]}]
    missing = model.get("/v2/models/q")
    assert (missing.status_code, missing.json()["error"]) == (404, "unknown model 'q'; this server has: m")
    wrong = model.get("/v2/models/m/infer")
    assert (wrong.status_code, wrong.json()["error"]) == (405, "Method Not Allowed")


def test_its_count_is_what_came_for_the_model(place: Place) -> None:
    """Answered requests are counted, refused ones too; the readiness path is not. A server without a count has None."""
    server = place.model_server()
    url = f"http://127.0.0.1:{server.port}"
    assert place.host.answered(server) == 0
    for body in (infer_body(), {}):
        httpx2.post(f"{url}/v2/models/m/infer", json=body, headers={"x-request-id": "r-9"})
    httpx2.get(f"{url}/v2/models/m/ready")
    assert place.host.answered(server) == 3
    assert place.host.answered(place.chat_server()) is None
    assert last_lines(place.root / "servers" / server.id) == [
        "error: request r-9: 400: inputs must be a list of tensors"
    ]


@pytest.mark.parametrize("kept", [0, 1, 60, 90])
def test_a_truncated_model_is_one_clear_line(place: Place, kept: int) -> None:
    """The exit code is not 0, and the server's log is one line that names model and file."""
    folder = write_doubling_model(place.root / "broken")
    path = folder / "model.onnx"
    path.write_bytes(path.read_bytes()[:kept])
    ended = place.exited(place.host.start(place.spec(*oip_command("digits", 1), model_dir=folder)).id)
    assert (ended.state, ended.exit_code) == (ServerState.EXITED, 1)
    assert ended.detail.startswith("error: model digits: model.onnx: ")
    assert "\n" not in ended.detail


def test_a_folder_without_one_model(tmp_path: Path) -> None:
    """None or several files: the line says what was found."""
    for name in ("a.onnx", "b.onnx"):
        (tmp_path / name).touch()
    command = [sys.executable, "-m", "fairlead.serve.oip", "--model-dir", str(tmp_path), "--name", "m", "--port", "1"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert ended.returncode == 1
    assert ended.stderr.endswith("exactly one .onnx file is needed, found: a.onnx, b.onnx\n")


def test_the_server_is_ready_soon_and_small(place: Place) -> None:
    """Ready within three seconds on a busy machine, in at most 150 MB."""
    before = place.clock.now()
    server = place.model_server()
    assert (place.clock.now() - before).total_seconds() < 3
    status = Path(f"/proc/{server.pid}/status").read_text()
    assert int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) < 150_000
