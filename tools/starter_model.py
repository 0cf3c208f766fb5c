# ruff: noqa: INP001 - a script, not a package
"""Makes the example model that `fairlead init` ships: a linear formula as ONNX, byte for byte the same on every run."""

from __future__ import annotations

import sys
from pathlib import Path

from onnx import TensorProto, helper

PLACE = Path(__file__).parents[1] / "src/fairlead/flows/starter/models/example/model.onnx"


def model_bytes() -> bytes:
    """Rent = 11 per square metre + 60 per room + 120; input `home` [n, 2] (area, rooms), output `rent` [n, 1]."""
    weights = helper.make_tensor("weights", TensorProto.FLOAT, [2, 1], [11.0, 60.0])
    base = helper.make_tensor("base", TensorProto.FLOAT, [1], [120.0])
    nodes = [
        helper.make_node("MatMul", ["home", "weights"], ["parts"]),
        helper.make_node("Add", ["parts", "base"], ["rent"]),
    ]
    home = helper.make_tensor_value_info("home", TensorProto.FLOAT, ["n", 2])
    rent = helper.make_tensor_value_info("rent", TensorProto.FLOAT, ["n", 1])
    graph = helper.make_graph(nodes, "rent", [home], [rent], [weights, base])
    opset = helper.make_opsetid("", 17)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=8, producer_name="fairlead")
    data: bytes = model.SerializeToString(deterministic=True)
    return data


if __name__ == "__main__":
    Path(sys.argv[1] if len(sys.argv) > 1 else PLACE).write_bytes(model_bytes())
