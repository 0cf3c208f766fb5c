"""`python -m fairlead.serve.oip --model-dir D --name N --port P`: load one model, serve it until SIGTERM."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="fairlead.serve.oip", description="Serve one ONNX model.")
    parser.add_argument("--model-dir", type=Path, required=True, help="folder that holds the .onnx file")
    parser.add_argument("--name", required=True, help="the model's name in paths")
    parser.add_argument("--port", type=int, required=True, help="port on loopback")
    parser.add_argument(
        "--threads",
        type=int,
        default=int(os.environ.get("OMP_NUM_THREADS", "1")),
        help="threads of one inference (default: OMP_NUM_THREADS, else 1)",
    )
    return parser.parse_args()


def main() -> int:
    """Exit code 1 and one line on standard error for a model that cannot be served."""
    arguments = _arguments()
    from fairlead.serve.oip.model import BrokenModelError, load

    try:
        model = load(arguments.model_dir, arguments.threads)
    except BrokenModelError as error:
        sys.stderr.write(f"error: model {arguments.name}: {error}\n")
        return 1
    import uvicorn

    from fairlead.serve.oip.app import build_app

    uvicorn.run(
        build_app(arguments.name, model),
        host="127.0.0.1",
        port=arguments.port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="off",
        access_log=False,
        server_header=False,
        date_header=False,
        log_level="warning",
        timeout_keep_alive=75,
        backlog=4096,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
