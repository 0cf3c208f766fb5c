"""Real data and known figures: what others published about a model comes out of a test of it."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto, helper

from fairlead.domain.evidence import Evidence
from fairlead.domain.finding import Verdict
from tests.scenario.trial.workshop import Workshop


def identity() -> bytes:
    """A model whose score is its input: the score that another program gave long ago."""
    shape = [None, 1]
    graph = helper.make_graph(
        [helper.make_node("Identity", ["decile"], ["score"])],
        "compas",
        [helper.make_tensor_value_info("decile", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, shape)],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    content: bytes = made.SerializeToString()
    return content


def groups_of(evidence: Evidence, name: str) -> dict[str, Decimal]:
    """One share by group."""
    return {each.group: each.value for each in evidence.groups if each.name == name}


def test_the_published_error_rates_of_compas(empty: Workshop, public_data: Path) -> None:
    """The error rates that ProPublica published come out.

    Of those who did not reoffend, 44.85 % of Black and 23.45 % of white defendants had a score of five or more.
    Of those who did, 27.99 % and 47.72 % had a lower one.
    """
    source = public_data / "fairness" / "compas" / "compas-scores-two-years_noid.csv"
    columns = ("decile_score", "race", "sex", "two_year_recid")
    with source.open(newline="", encoding="utf-8") as stream:
        rows = [[row[name] for name in columns] for row in csv.DictReader(stream)]
    empty.put("files/model.onnx", identity())
    data = empty.put_table("compas.csv", columns, rows)
    metrics: dict[str, Any] = {
        "data": "held-out",
        "label": "two_year_recid",
        "features": ["decile_score"],
        "metrics": ["accuracy", "auc"],
        "threshold": "5",
        "groups": ["race", "sex"],
        "smallestGroup": 100,
        "bounds": {"false-positive-rate-difference": {"max": "0.1"}},
    }
    empty.declare({"metrics": [metrics]}, data=[data])
    result = empty.test()
    evidence = result.evidence
    assert evidence is not None
    wrongly_high, wrongly_low = groups_of(evidence, "false-positive-rate"), groups_of(evidence, "false-negative-rate")
    published = {"African-American": ("0.4485", "0.2799"), "Caucasian": ("0.2345", "0.4772")}
    digits = Decimal("0.0001")
    assert {
        race: (str(wrongly_high[race].quantize(digits)), str(wrongly_low[race].quantize(digits))) for race in published
    } == published
    assert result.verdict is Verdict.FAIL
    assert {each.samples for each in evidence.measures if each.name == "accuracy"} == {7214}
    failed = [each.name for each in result.outcomes if not each.passed]
    assert failed == ["bound on false-positive-rate-difference of race"]


_ADULT = ("age", "workclass", "fnlwgt", "education", "education-num", "marital", "occupation", "relationship", "race",
          "sex", "gain", "loss", "hours", "country", "income")  # fmt: skip


@pytest.mark.timeout(180)
def test_a_census_model_is_measured_as_scikit_learn_measures_it(empty: Workshop, public_data: Path) -> None:
    """A model trained on half of Adult, tested on the other: text labels, 16,000 rows, groups by sex and race."""
    import numpy as np
    from skl2onnx import to_onnx
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import accuracy_score, f1_score, roc_auc_score
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    with (public_data / "fairness" / "adult" / "adult.data").open(newline="", encoding="utf-8") as stream:
        rows = [row for row in csv.reader(stream, skipinitialspace=True) if row]
    features = ("age", "education-num", "gain", "loss", "hours")
    places = [_ADULT.index(name) for name in features]
    table = np.array([[row[place] for place in places] for row in rows], dtype=np.float32)
    truths = np.array([row[-1] for row in rows])
    half = len(rows) // 2
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(table[:half], truths[:half])
    converted = to_onnx(model, table[:1], options={id(model): {"zipmap": False}})
    empty.put("files/model.onnx", converted.SerializeToString())
    data = empty.put_table("adult.csv", _ADULT, rows[half:])
    metrics = {
        "data": "held-out",
        "label": "income",
        "features": list(features),
        "positive": ">50K",
        "metrics": ["accuracy", "f1", "auc"],
        "groups": ["sex", "race"],
    }
    empty.declare({"metrics": [metrics]}, data=[data])
    evidence = empty.test().evidence
    assert evidence is not None
    found = {each.name: float(each.value) for each in evidence.measures}
    answers = model.predict(table[half:])
    assert found["accuracy"] == pytest.approx(accuracy_score(truths[half:], answers), abs=2e-4)
    assert found["f1"] == pytest.approx(f1_score(truths[half:], answers, pos_label=">50K"), abs=1e-3)
    scores = model.predict_proba(table[half:])[:, 1]
    assert found["auc"] == pytest.approx(roc_auc_score(truths[half:] == ">50K", scores), abs=1e-4)
    sexes = np.array([row[_ADULT.index("sex")] for row in rows[half:]])
    rates = groups_of(evidence, "selection-rate")
    for sex in ("Female", "Male"):
        assert float(rates[sex]) == pytest.approx((answers[sexes == sex] == ">50K").mean(), abs=1e-3)
