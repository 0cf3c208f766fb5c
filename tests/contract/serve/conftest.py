"""A server host and a gateway over a folder of their own, and what runs behind them; all ended after each test."""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from onnx import TensorProto, helper, save

from fairlead.domain.serving import (
    CustomerKey,
    GatewayConfig,
    Listener,
    Route,
    RunningServer,
    ServerSpec,
    ServerState,
    WeightedBackend,
)
from fairlead.drivers.clock import SystemClock
from fairlead.serve.gateway.gateway import EnvoyGateway
from fairlead.serve.host import LocalHost
from fairlead.serve.launch import free_port
from fairlead.serve.oip import oip_command

CHAT = Path(__file__).with_name("chat_server.py")
NAMED = Path(__file__).with_name("named_server.py")


def wait_until(reached: Callable[[], object], seconds: float = 10) -> None:
    """Return as soon as `reached` is true."""
    until = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.01)


def write_doubling_model(folder: Path, factor: float = 2.0) -> Path:
    """An ONNX model with one input and one output of any number of rows of four: y = factor * x."""
    shape = [None, 4]
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "factor"], ["y"])],
        "doubling",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [helper.make_tensor("factor", TensorProto.FLOAT, [1], [factor])],
    )
    folder.mkdir(parents=True, exist_ok=True)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    save(model, str(folder / "model.onnx"))
    return folder


def infer_body(*values: float) -> dict[str, Any]:
    """A request with one row."""
    return {"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 4], "data": list(values or (1, 2, 3, 4))}]}


@dataclass
class Place:
    """One machine's data plane in a folder."""

    root: Path
    port: int = field(default_factory=lambda: free_port(()))
    count: int = 0

    def __post_init__(self) -> None:
        self.clock = SystemClock()
        self.host = LocalHost(self.root, timedelta(seconds=1), self.clock, timedelta(seconds=1))
        self.gateway = EnvoyGateway(self.root, self.host, self.clock)

    @property
    def url(self) -> str:
        """Address of the environment `prod`."""
        return f"http://127.0.0.1:{self.port}"

    def spec(self, *command: str, **changes: Any) -> ServerSpec:  # noqa: ANN401 - fields of any kind
        """A valid server; a test states what differs."""
        self.count += 1
        valid: dict[str, Any] = {
            "id": f"prod.m.{self.count}",
            "command": command,
            "labels": {"environment": "prod", "model": "m", "release": "a" * 64, "name": "m@1"},
            "model_dir": self.root,
            "readiness_path": "",
            "startup_timeout": timedelta(seconds=20),
            "grace": timedelta(seconds=3),
        }
        return ServerSpec(**{**valid, **changes})

    def script(self, text: str, **changes: Any) -> RunningServer:  # noqa: ANN401 - fields of any kind
        """Start a small Python program as a server."""
        return self.host.start(self.spec(sys.executable, "-c", text, **changes))

    def model_server(self, factor: float = 2.0) -> RunningServer:
        """A ready model server of the doubling model."""
        folder = write_doubling_model(self.root / f"model-{factor}", factor)
        started = self.host.start(self.spec(*oip_command("m", 1), model_dir=folder, readiness_path="/v2/health/ready"))
        return self.ready(started.id)

    def chat_server(self) -> RunningServer:
        """A ready server of the OpenAI protocol."""
        started = self.host.start(self.spec(sys.executable, str(CHAT), "{port}", readiness_path="/"))
        return self.ready(started.id)

    def named_server(self, name: str, seconds: float = 0.0, code: int = 200) -> RunningServer:
        """A ready server that says its name, after some seconds and with some status."""
        command = (sys.executable, str(NAMED), "{port}", name, str(seconds), str(code))
        return self.ready(self.host.start(self.spec(*command, readiness_path="/")).id)

    def look(self, server: str) -> RunningServer:
        """The server as it is now."""
        return next(one for one in self.host.servers() if one.id == server)

    def ready(self, server: str) -> RunningServer:
        """Wait for it."""
        wait_until(lambda: self.look(server).state is ServerState.READY, 20)
        return self.look(server)

    def exited(self, server: str) -> RunningServer:
        """Wait for its end."""
        wait_until(lambda: self.look(server).state is ServerState.EXITED)
        return self.look(server)

    def lines(self, count: int, log: str = "access.log") -> list[dict[str, Any]]:
        """The access log, or that of copies, as soon as it has that many lines."""
        path = self.root / "gateway" / log
        wait_until(lambda: path.exists() and path.read_bytes().count(b"\n") >= count)
        return [json.loads(line) for line in path.read_bytes().splitlines()]

    def config(self, *routes: Route, **changes: Any) -> GatewayConfig:  # noqa: ANN401 - fields of any kind
        """A valid configuration of the environment `prod`; a test states what differs."""
        valid: dict[str, Any] = {
            "listeners": (Listener("prod", "127.0.0.1", self.port),),
            "routes": routes,
            "keys": (CustomerKey(hashlib.sha256(b"key-of-acme").hexdigest(), "acme"),),
            "customer_header": "x-customer",
            "trusted_proxies": (),
        }
        return GatewayConfig(**{**valid, **changes})

    def close(self) -> None:
        """End everything."""
        self.gateway.stop()
        everything = [*self.host.servers(), *self.host.find({"kind": "gateway"})]
        for server in everything:
            self.host.stop(server.id)
        for server in everything:
            path = self.root / "servers" / server.id / "exit.json"
            wait_until(path.exists, 15)


def route(*servers: RunningServer, release: str = "a" * 64, model: str = "m", protocol: str = "oip") -> Route:
    """All traffic of a model to these servers; none where there are none."""
    ports = tuple(server.port for server in servers)
    backends = (WeightedBackend(release, f"{model}@1", ports, 100),) if ports else ()
    return Route("prod", model, protocol, backends)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A data plane of its own."""
    one = Place(tmp_path)
    try:
        yield one
    finally:
        one.close()


@pytest.fixture
def client(place: Place) -> Iterator[httpx2.Client]:
    """A client of the environment `prod`."""
    with httpx2.Client(base_url=place.url, timeout=10) as one:
        yield one
