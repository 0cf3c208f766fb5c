"""Serving: what the gateway adds to a request, and how many requests a model server answers; in one run.

Run: python benchmarks/serving/measure.py [SECONDS_PER_MEASUREMENT]
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
from array import array
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

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

HERE = Path(__file__).parent
CONNECTIONS = 8
SLICES = 4


@dataclass
class Figures:
    """Latencies in milliseconds, requests per second, and CPU microseconds per request of the server and of Envoy."""

    spans: list[float]
    seconds: float
    server_us: float
    envoy_us: float

    @property
    def rate(self) -> float:
        """Requests per second."""
        return len(self.spans) / self.seconds

    def quantile(self, part: float) -> float:
        """Milliseconds."""
        return sorted(self.spans)[int(len(self.spans) * part)] * 1000


def cpu_us(pid: int) -> float:
    """CPU time that a process has used, all threads."""
    return time.clock_gettime_ns((~pid << 3) | 2) / 1000


def measure(port: int, seconds: float, rate: float, server: int, envoy: int) -> Figures:
    """Load one port from a process of its own."""
    before = cpu_us(server), cpu_us(envoy)
    with tempfile.NamedTemporaryFile() as out:
        numbers = [str(value) for value in (port, seconds, CONNECTIONS, rate)]
        subprocess.run([sys.executable, str(HERE / "client.py"), *numbers, out.name], check=True)
        spans = array("d", Path(out.name).read_bytes())
    used = cpu_us(server) - before[0], cpu_us(envoy) - before[1]
    return Figures(list(spans), seconds, used[0] / len(spans), used[1] / len(spans))


def together(parts: list[Figures]) -> Figures:
    """Several slices as one measurement."""
    count = len(parts)
    spans = [span for part in parts for span in part.spans]
    return Figures(
        spans,
        sum(part.seconds for part in parts),
        sum(part.server_us for part in parts) / count,
        sum(part.envoy_us for part in parts) / count,
    )


def write_model(folder: Path) -> None:
    """Y = 2 x, four numbers: the model costs next to nothing, so that the server itself is measured."""
    shape = [None, 4]
    graph = helper.make_graph(
        [helper.make_node("Mul", ["x", "factor"], ["y"])],
        "doubling",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
        [helper.make_tensor("factor", TensorProto.FLOAT, [1], [2.0])],
    )
    save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), folder / "model.onnx")


def start(host: LocalHost, folder: Path, identity: str, *command: str) -> RunningServer:
    """A ready server."""
    spec = ServerSpec(
        id=identity,
        command=command,
        labels={"model": identity},
        model_dir=folder,
        readiness_path="/v2/health/ready",
        startup_timeout=timedelta(seconds=20),
        grace=timedelta(seconds=2),
    )
    server = host.start(spec)
    while not any(one.id == server.id and one.state is ServerState.READY for one in host.servers()):
        time.sleep(0.05)
    return server


def run(root: Path, seconds: float) -> None:
    """Measure everything and print the tables."""
    clock = SystemClock()
    host = LocalHost(root, timedelta(minutes=5), clock, timedelta(seconds=1))
    gateway = EnvoyGateway(root, host, clock)
    write_model(root)
    try:
        model = start(host, root, "model", *oip_command("m", 1))
        bare = start(host, root, "bare", sys.executable, str(HERE / "bare.py"), "{port}")
        port = free_port(())
        gateway.ensure(config(port, model.port))
        (envoy,) = host.find({"kind": "gateway"})
        report(seconds, model, bare, envoy, port)
    finally:
        gateway.stop()
        for server in host.servers():
            host.stop(server.id)
        while any(one.state is not ServerState.EXITED for one in [*host.servers(), *host.find({"kind": "gateway"})]):
            time.sleep(0.05)


def config(port: int, server: int) -> GatewayConfig:
    """One model, one key, as a customer would call it."""
    backend = WeightedBackend("a" * 64, "m@1", (server,), 100)
    return GatewayConfig(
        listeners=(Listener("prod", "127.0.0.1", port),),
        routes=(Route("prod", "m", "oip", (backend,)),),
        keys=(CustomerKey(hashlib.sha256(b"key-of-acme").hexdigest(), "acme"),),
        customer_header="x-customer",
        trusted_proxies=(),
    )


def report(seconds: float, model: RunningServer, bare: RunningServer, envoy: RunningServer, port: int) -> None:
    """Full load first, then half of what the gateway bore, direct and through it in turns."""
    full = {
        "bare uvicorn, same bytes": measure(bare.port, seconds, 0, bare.pid, envoy.pid),
        "model server": measure(model.port, seconds, 0, model.pid, envoy.pid),
        "model server behind the gateway": measure(port, seconds, 0, model.pid, envoy.pid),
    }
    base = full["bare uvicorn, same bytes"]
    print(f"| full load, {CONNECTIONS} connections | requests/s | of bare | p50 ms | p99 ms | CPU us per request |")
    print("|---|---|---|---|---|---|")
    for name, one in full.items():
        used = f"{one.server_us:.0f}" + (f" + {one.envoy_us:.0f} Envoy" if "gateway" in name else "")
        row = [f"{one.rate:,.0f}", f"{one.rate / base.rate:.2f}"]
        print(f"| {name} | {' | '.join(row)} | {one.quantile(0.5):.2f} | {one.quantile(0.99):.2f} | {used} |")
    half = full["model server behind the gateway"].rate / 2
    direct: list[Figures] = []
    behind: list[Figures] = []
    for _ in range(SLICES):
        direct.append(measure(model.port, seconds / 2, half, model.pid, envoy.pid))
        behind.append(measure(port, seconds / 2, half, model.pid, envoy.pid))
    one, two = together(direct), together(behind)
    print(f"\n| half load, {half:,.0f} requests/s | direct | gateway | added | goal |\n|---|---|---|---|---|")
    for label, part, goal in (("p50", 0.5, ""), ("p99", 0.99, "1.00")):
        low, high = one.quantile(part), two.quantile(part)
        print(f"| {label} ms | {low:.2f} | {high:.2f} | {high - low:.2f} | {goal} |")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        run(Path(place), float(sys.argv[1]) if len(sys.argv) > 1 else 4.0)
