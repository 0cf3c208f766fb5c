"""Reading declarations: 10,000 models cold from Git, then one changed, with memory. Seconds are of CPU, on one core.

Run: python benchmarks/reading/measure.py [MODELS]
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pygit2

from fairlead.declare.reader import Reader
from fairlead.declare.releases import ReleaseIndex
from fairlead.domain.lock import Lock, LockedFile, tree_digest
from fairlead.domain.lock_text import render_lock
from fairlead.drivers.git import GitRepository

WORKSPACE = b"""apiVersion: fairlead.dev/v1alpha1
kind: Workspace
name: bench
environments:
  - {name: dev, target: {kind: local, port: 8801}}
  - {name: prod, target: {kind: local, port: 8802}}
customers: [{name: acme, segment: enterprise}]
"""

MODEL = """apiVersion: fairlead.dev/v1alpha1
kind: Model
description: Model number {number} of the benchmark.
owner: team-{team}@example.com
artifact:
  uri: hf://acme/model-{number}@main
provenance:
  licence: Apache-2.0
  baseModel: acme/base
  code: https://example.com/acme/training@{number:040x}
data:
  - name: train
    uri: s3://acme/data/{number}.parquet
    purpose: training
metrics:
  - name: accuracy
    value: 0.{number:05d}
    data: train
serving:
  runtime: onnx
  env:
    LOG_LEVEL: info
    HF_TOKEN:
      fromEnv: HF_TOKEN
  resources:
    cpu: 0.5
    memory: 256Mi
  replicas: {replicas}
environments:
  dev: {{}}
  prod:
    replicas: 2
slo:
  availability: 0.999
  latencyP99: 50ms
budget:
  monthly: 120
plans:
  - segment: enterprise
    per1kInferences: 0.40
risk:
  class: limited
  duties: [fairness]
"""

FILES = ("config.json", "model.onnx", "tokenizer.json", "README.md")


def lock_text(number: int) -> bytes:
    """A lock of four files."""
    files = tuple(LockedFile(name, f"{number * 10 + at:064x}", 1_000 + at) for at, name in enumerate(FILES))
    return render_lock(Lock(f"hf://acme/model-{number}@main", f"{number:040x}", files, tree_digest(files))).encode()


def folder(repository: pygit2.Repository, number: int, replicas: int = 1) -> pygit2.Oid:
    """The tree of one model's folder."""
    text = MODEL.format(number=number, team=number % 50, replicas=replicas).encode()
    builder = repository.TreeBuilder()
    builder.insert("model.yaml", repository.create_blob(text), 0o100644)
    builder.insert("model.lock", repository.create_blob(lock_text(number)), 0o100644)
    return builder.write()


def commit(repository: pygit2.Repository, folders: dict[int, pygit2.Oid]) -> None:
    """One more commit on main."""
    models = repository.TreeBuilder()
    for number, tree in folders.items():
        models.insert(f"model-{number:05d}", tree, 0o040000)
    root = repository.TreeBuilder()
    root.insert("fairlead.yaml", repository.create_blob(WORKSPACE), 0o100644)
    root.insert("models", models.write(), 0o040000)
    author = pygit2.Signature("bench", "bench@example.com")
    parents = [] if repository.head_is_unborn else [repository.head.target]
    repository.create_commit("refs/heads/main", author, author, "change", root.write(), parents)


def resident() -> float:
    """Highest resident memory of this process so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(count: int) -> None:
    """Measure and print a table."""
    with tempfile.TemporaryDirectory() as place:
        origin = pygit2.init_repository(f"{place}/origin", initial_head="main")
        folders = {number: folder(origin, number) for number in range(count)}
        commit(origin, folders)
        subprocess.run(["git", "-C", f"{place}/origin", "gc", "--quiet"], check=True)
        repository = GitRepository(f"{place}/origin", Path(place, "mirror"), "main")
        repository.fetch()
        before, reader = resident(), Reader()
        started = time.process_time()
        head = repository.head()
        declared = reader.read(repository.tree(head.id))
        cold = time.process_time() - started
        if len(declared.models) != count or declared.findings:
            raise SystemExit(f"read {len(declared.models)} models, findings: {declared.findings[:3]}")
        memory = resident() - before
        index = ReleaseIndex(repository, reader)
        started = time.process_time()
        index.releases(head.id, declared)
        cold_releases = time.process_time() - started
        changed, changed_releases = change_one(origin, repository, reader, index, folders)
    print(f"| {count} models | goal | measured |\n|---|---|---|")
    print(f"| read cold, from Git objects | < 10 s | {cold:.2f} s |")
    print(f"| read again, one changed | < 0.2 s | {changed:.3f} s |")
    print(f"| releases of all, cold | | {cold_releases:.2f} s |")
    print(f"| releases again, one changed | | {changed_releases:.3f} s |")
    print(f"| memory added by reading | | {memory:.0f} MB |")


def change_one(
    origin: pygit2.Repository,
    repository: GitRepository,
    reader: Reader,
    index: ReleaseIndex,
    folders: dict[int, pygit2.Oid],
) -> tuple[float, float]:
    """Seconds to read, and to find releases, after a commit that touches one model; the best of three."""
    reading, releasing = [], []
    for replicas in (2, 3, 4):
        folders[0] = folder(origin, 0, replicas)
        commit(origin, folders)
        repository.fetch()
        started = time.process_time()
        head = repository.head()
        declared = reader.read(repository.tree(head.id))
        reading.append(time.process_time() - started)
        started = time.process_time()
        index.releases(head.id, declared)
        releasing.append(time.process_time() - started)
    return min(reading), min(releasing)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
