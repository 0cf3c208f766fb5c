"""`python -m`: trains the demo's classifiers of handwritten digits then and there, and writes them as ONNX.

The candidates come in the order in which the story needs them. The committee is right, and needlessly dear. Each one's
folder appears whole, so that whoever waits for it may begin while the next one is trained.
"""

from __future__ import annotations

import json
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

__all__ = ["CANDIDATES", "Candidate", "Trained", "read_trained"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to read digits."""

    name: str
    about: str


CANDIDATES = (
    Candidate("linear", "one linear layer"),
    Candidate("network", "a network with 64 hidden units"),
    Candidate("small", "a network with 32 hidden units"),
    Candidate("shifted", "a network that was taught digits out of their place as well"),
    Candidate("committee", "a committee of 64 such networks"),
)

_TEST_SHARE = 0.2
_SEED = 0
_YIELDING = 5
_FULL = 16
"""The darkest pixel of the data set."""

_SIDE = 8
"""Pixels of a digit's side."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A candidate's file, and its measured share of right answers on the test digits."""

    model: Path
    accuracy: Decimal


def read_trained(folder: Path, name: str) -> Trained | None:
    """What the training wrote of a candidate, or None while there is nothing yet."""
    report = folder / name / "report.json"
    if not report.exists():
        return None
    raw = json.loads(report.read_text(encoding="utf-8"))
    return Trained(folder / name / "model.onnx", Decimal(raw["accuracy"]))


def _makers() -> Mapping[str, Callable[[Any, Any], Any]]:
    """How each candidate is taught, given digits and answers."""
    from sklearn.ensemble import BaggingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier

    def network(units: int, rounds: int, rate: float, decay: float = 0.0001) -> Any:
        return MLPClassifier((units,), alpha=decay, max_iter=rounds, learning_rate_init=rate, random_state=_SEED)

    return {
        "linear": LogisticRegression(max_iter=300).fit,
        "network": network(64, 120, 0.005).fit,
        "small": network(32, 120, 0.005).fit,
        "shifted": lambda rows, answers: network(64, 80, 0.003, 0.1).fit(*_shifted(rows, answers)),
        "committee": BaggingClassifier(network(64, 40, 0.01), 64, random_state=_SEED).fit,
    }


def _shifted(rows: Any, answers: Any) -> tuple[Any, Any]:
    """The digits where they are, and moved by a pixel to each of the four sides."""
    import numpy as np

    padded = np.pad(rows.reshape(-1, _SIDE, _SIDE), ((0, 0), (1, 1), (1, 1)))
    moved = [
        padded[:, top : top + _SIDE, left : left + _SIDE].reshape(-1, _SIDE * _SIDE)
        for top, left in ((1, 1), (0, 1), (2, 1), (1, 0), (1, 2))
    ]
    return np.concatenate(moved), np.tile(answers, len(moved))


def _write(folder: Path, model: bytes, right: int, total: int) -> None:
    """Model first, report last: the report says that the folder is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model)
    accuracy = (Decimal(right) / Decimal(total)).quantize(Decimal("0.0001"))
    draft = folder / "report.json.part"
    draft.write_text(json.dumps({"accuracy": str(accuracy), "right": right, "total": total}), encoding="utf-8")
    draft.rename(folder / "report.json")


def _accuracy(model: bytes, rows: Any, answers: Any) -> int:
    """Right answers of the exported file itself, not of the estimator that it came from."""
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")  # official builds send usage to their maker
    import onnxruntime as ort

    session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
    labels = session.run(["label"], {"X": rows})[0]
    return int((labels == answers).sum())


def main(folder: Path) -> None:
    """Train all candidates into `folder`, and write the test digits beside them."""
    import numpy as np
    from skl2onnx import to_onnx
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    # A network that stops at its last round rather than at a perfect fit is meant to.
    warnings.filterwarnings("ignore", module="sklearn")
    rows, answers = load_digits(return_X_y=True)
    rows = (rows / _FULL).astype(np.float32)
    learn, test, learn_answers, test_answers = train_test_split(
        rows, answers, test_size=_TEST_SHARE, random_state=_SEED, stratify=answers
    )
    table = np.column_stack([test * _FULL, test_answers]).astype(int)
    np.savetxt(folder / "test.csv", table, fmt="%d", delimiter=",")
    for name, teach in _makers().items():
        estimator = teach(learn, learn_answers)
        converted = to_onnx(estimator, learn[:1], options={id(estimator): {"zipmap": False}})
        model: bytes = converted.SerializeToString()
        _write(folder / name, model, _accuracy(model, test, test_answers), len(test))
        # What follows is trained while the first one is being served, and must not disturb it.
        os.setpriority(os.PRIO_PROCESS, 0, _YIELDING)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
