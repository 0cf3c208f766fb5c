"""The model server tells nobody outside of this machine anything, whatever the runtime's wheel would like to."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from onnx import TensorProto, helper, save

_LOAD = "import sys; from pathlib import Path; from fairlead.serve.oip.model import load; load(Path(sys.argv[1]), 1)"


def test_a_loaded_model_leaves_no_trace(tmp_path: Path) -> None:
    """No device id and no store of events waits for an upload: home and scratch folder stay empty."""
    shape = [1]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name in ("x", "y")]
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "identity", ends[:1], ends[1:])
    models, home, scratch = (tmp_path / name for name in ("models", "home", "scratch"))
    for folder in (models, home, scratch):
        folder.mkdir()
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), models / "model.onnx")
    environ = {"PATH": os.environ["PATH"], "HOME": str(home), "TMPDIR": str(scratch)}
    subprocess.run([sys.executable, "-c", _LOAD, str(models)], check=True, env=environ, timeout=60)
    assert [path for folder in (home, scratch) for path in folder.rglob("*")] == []
