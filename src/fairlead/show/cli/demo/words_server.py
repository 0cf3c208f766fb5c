"""`python -m`: reads digits and answers with their names, behind the Open Inference Protocol; for `runtime: command`.

The chapter about canaries serves it. Its list of names is two short, and no test of its author's showed that: it reads
zero to seven rightly, and fails at each eight and nine.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

__all__ = ["build_app"]

_NAMES = ("zero", "one", "two", "three", "four", "five", "six", "seven")


def build_app(name: str, weights: Path) -> Starlette:
    """The endpoint that serves the ONNX file `weights` as `name`."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # official builds send usage to their maker
    import numpy as np
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])

    async def infer(request: Request) -> Response:
        asked = (await request.json())["inputs"][0]
        rows = np.array(asked["data"], np.float32).reshape(asked["shape"])
        labels = session.run(["label"], {asked["name"]: rows})[0]
        names = [_NAMES[label] for label in labels]
        output: dict[str, Any] = {"name": "label", "shape": [len(names)], "datatype": "BYTES", "data": names}
        return JSONResponse({"model_name": name, "outputs": [output]})

    async def ready(_: Request) -> Response:
        return JSONResponse({"ready": True})

    return Starlette(routes=[Route(f"/v2/models/{name}/infer", infer, methods=["POST"]), Route("/ready", ready)])


def main() -> None:
    """Load the weights, then serve them until SIGTERM."""
    parser = argparse.ArgumentParser(description="Serve the demo's digits by their names.")
    parser.add_argument("--model-dir", type=Path, required=True, help="folder with `model.onnx`")
    parser.add_argument("--name", required=True, help="the model's name in requests")
    parser.add_argument("--port", type=int, required=True, help="port on loopback")
    given = parser.parse_args()
    app = build_app(given.name, given.model_dir / "model.onnx")
    uvicorn.run(app, host="127.0.0.1", port=given.port, log_level="critical", access_log=False, lifespan="off")


if __name__ == "__main__":
    main()
