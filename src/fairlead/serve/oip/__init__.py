"""The model server: ONNX models behind the Open Inference Protocol, version 2, over HTTP.

It runs as a process of its own (`python -m fairlead.serve.oip`), started by the server host.
"""

from __future__ import annotations

import sys

__all__ = ["oip_command"]


def oip_command(model: str, threads: int) -> tuple[str, ...]:
    """The command of a server for `model` with `threads` for one inference; `{port}` and `{model_dir}` are open."""
    flags = ("--model-dir", "{model_dir}", "--name", model, "--port", "{port}", "--threads", str(threads))
    return (sys.executable, "-m", "fairlead.serve.oip", *flags)
