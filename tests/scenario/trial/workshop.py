"""A workspace with one trained model, its test data and its tests; a test states what differs."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fairlead.bootstrap import open_bench
from fairlead.flows.lock import lock
from fairlead.flows.trial import TrialResult, try_model

__all__ = ["Workshop", "trained"]

WORKSPACE = """\
apiVersion: fairlead.dev/v1alpha1
kind: Workspace
name: acme
environments:
  - {name: prod, target: {kind: local, port: 8080}}
"""


@dataclass(frozen=True)
class Workshop:
    """A folder with the model `credit`."""

    root: Path
    state: Path

    @property
    def folder(self) -> Path:
        """The model's folder."""
        return self.root / "models" / "credit"

    def declare(self, tests: dict[str, Any] | None, **fields: Any) -> None:  # noqa: ANN401 - fields of any kind
        """Write fairlead.yaml, model.yaml and the lock."""
        self.root.mkdir(exist_ok=True)
        (self.root / "fairlead.yaml").write_text(WORKSPACE)
        declared = {
            "apiVersion": "fairlead.dev/v1alpha1",
            "kind": "Model",
            "owner": "credit@example.com",
            "artifact": {"uri": "file:models/credit/files"},
            "environments": {"prod": {}},
            **({} if tests is None else {"tests": tests}),
            **fields,
        }
        (self.folder / "model.yaml").write_text(yaml.safe_dump(declared, sort_keys=False))
        assert lock(self.root).findings == ()

    def put(self, name: str, content: bytes | str | dict[str, Any]) -> str:
        """Write a file of the model's folder; answers its sha256."""
        text = json.dumps(content) if isinstance(content, dict) else content
        data = text.encode() if isinstance(text, str) else text
        place = self.folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        return hashlib.sha256(data).hexdigest()

    def put_table(self, name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> dict[str, str]:
        """Write a CSV file; answers its declaration under `data`."""
        place = self.folder / name
        with place.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.writer(stream)
            writer.writerow(header)
            writer.writerows(rows)
        sha256 = hashlib.sha256(place.read_bytes()).hexdigest()
        return {"name": "held-out", "uri": f"file:models/credit/{name}", "sha256": sha256, "purpose": "test"}

    def test(self, **more: Any) -> TrialResult:  # noqa: ANN401 - options of the verb
        """Run `fairlead test` in this process; nothing of its server may be left."""
        with open_bench(self.root, "credit", self.state) as bench:
            result = try_model(self.root, "credit", bench, **more)
            assert bench.host.servers() == []
        return result


def trained(workshop: Workshop) -> dict[str, str]:
    """A logistic regression of three columns, trained now and written as ONNX, and a pinned table to test it on."""
    import numpy as np
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression

    dice = np.random.default_rng(0)
    rows = dice.normal(size=(800, 3)).astype(np.float32)
    truths = (rows[:, 0] + rows[:, 1] / 2 + dice.normal(size=800) / 2 > 0).astype(int)
    model = LogisticRegression().fit(rows[:400], truths[:400])
    converted = to_onnx(model, rows[:1], options={id(model): {"zipmap": False}})
    workshop.put("files/model.onnx", converted.SerializeToString())
    workshop.put("request.json", {"inputs": [{"name": "X", "shape": [1, 3], "datatype": "FP32", "data": [1, 1, 0]}]})
    workshop.put("response.json", {"outputs": [{"name": "label", "data": [1]}, {"name": "probabilities"}]})
    table = (
        [*(repr(float(cell)) for cell in row), "f" if row[2] > 0 else "m", truth]
        for row, truth in zip(rows[400:], truths[400:], strict=True)
    )
    return workshop.put_table("test.csv", ["a", "b", "c", "sex", "y"], table)
