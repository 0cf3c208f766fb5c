"""Answers are held against what was expected, and against what the model says of itself."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fairlead.assure.golden import differences
from fairlead.assure.table_requests import Asking, label_text
from fairlead.assure.tensors import Unfit, read_interface, read_json, request_problems, response_problems

METADATA = {
    "inputs": [{"name": "X", "datatype": "FP32", "shape": [-1, 2]}],
    "outputs": [
        {"name": "label", "datatype": "INT64", "shape": [-1]},
        {"name": "probabilities", "datatype": "FP32", "shape": [-1, 2]},
    ],
}
INTERFACE = read_interface(METADATA)


@pytest.mark.parametrize(
    ("expected", "found", "tolerance", "count"),
    [
        ('{"a": 1}', '{"a": 1, "id": "x"}', "0", 0),
        ('{"a": 1}', '{"a": 1.0}', "0", 0),
        ('{"a": 0.1}', '{"a": 0.12}', "0.02", 0),
        ('{"a": 0.1}', '{"a": 0.121}', "0.02", 1),
        ('{"a": 1}', '{"a": true}', "5", 1),
        ('{"a": "x"}', '{"a": "y"}', "5", 1),
        ('{"a": null}', "{}", "0", 1),
        ("[1, 2]", "[1, 2, 3]", "0", 1),
        ('{"a": [1]}', '{"a": {"0": 1}}', "0", 1),
        ("[1, 2, 3, 4, 5, 6, 7]", "[0, 0, 0, 0, 0, 0, 0]", "0", 5),
    ],
)
def test_golden_answers(expected: str, found: str, tolerance: str, count: int) -> None:
    """What is expected must be there, numbers within the tolerance; what is not mentioned may differ."""
    wanted, came = read_json(expected.encode()), read_json(found.encode())
    assert len(differences(wanted, came, Decimal(tolerance))) == count


def test_a_difference_is_placed() -> None:
    """The path to the value, both values, and how far they are apart."""
    told = differences({"a": [{"b": 1}]}, {"a": [{"b": 3}]}, Decimal(0))
    assert told == ["$.a[0].b is 3, 1 is expected (off by 2)"]


@pytest.mark.parametrize(
    "text", ["NaN", "1e999999", "-1E-100000", "[Infinity]", "{", "[" * 100_000, '"\\ud800', "\xff"]
)
def test_what_is_no_json_is_refused(text: str) -> None:
    """Also NaN, which no protocol knows, and nesting that would exhaust the stack."""
    with pytest.raises(Unfit):
        read_json(text.encode("latin-1"))


def tensor(**changes: object) -> dict[str, Any]:
    """A fitting input."""
    return {"name": "X", "datatype": "FP32", "shape": [1, 2], "data": [1, 2], **changes}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, ""),
        ({"data": [[1, 2]]}, ""),
        ({"name": "Y"}, "not in the metadata"),
        ({"datatype": "FP64"}, "is FP64"),
        ({"shape": [1, 3]}, "has shape"),
        ({"shape": [2]}, "has shape"),
        ({"shape": "2"}, "has shape"),
        ({"data": [1]}, "has 1 values"),
    ],
)
def test_a_request_is_held_against_the_metadata(changes: dict[str, object], told: str) -> None:
    """Name, datatype, shape and count of values."""
    problems = list(request_problems({"inputs": [tensor(**changes)]}, INTERFACE))
    assert (told in problems[0]) if told else not problems


@pytest.mark.parametrize("response", [{}, [], {"outputs": []}, {"outputs": [3]}, {"outputs": [{"name": "x"}]}])
def test_an_answer_of_another_shape_is_told(response: object) -> None:
    """Whatever a server answers, a problem comes out and no error."""
    assert list(response_problems(response, INTERFACE))


@pytest.mark.parametrize("metadata", [[], {}, {"inputs": [{}]}, {**METADATA, "outputs": [{"name": "x"}]}])
def test_metadata_without_its_parts_is_refused(metadata: object) -> None:
    """A model that does not say what it takes cannot be tried."""
    with pytest.raises(Unfit):
        read_interface(metadata)


@pytest.mark.parametrize(
    ("value", "text"),
    [(1, "1"), (Decimal("1.0"), "1"), (" 1 ", "1"), (True, "1"), ("NaN", "NaN"), ("1e999999", "1e999999")],
)
def test_labels_are_one_whatever_their_form(value: object, text: str) -> None:
    """A CSV's `1`, a tensor's 1 and 1.0 are the same label."""
    assert label_text(value) == text


def test_rows_are_asked_in_one_tensor() -> None:
    """One input takes all columns; of two scores the second is that of yes."""
    asking = Asking(INTERFACE, ["a", "b"])
    assert asking.request([["1", " 2.5"]]) == {"inputs": [tensor(data=[1.0, 2.5])]}
    outputs = [
        {"name": "label", "shape": [2], "data": [0, 1]},
        {"name": "probabilities", "shape": [2, 2], "data": [Decimal("0.9"), Decimal("0.1"), 0, 1]},
    ]
    answers = asking.answers({"outputs": outputs}, 2)
    assert (answers.labels, answers.scores) == (("0", "1"), (Decimal("0.1"), Decimal(1)))


def test_inputs_by_name_take_a_column_each() -> None:
    """Texts and whole numbers keep their datatypes; a fixed batch is filled up, and the filling is not answered for."""
    inputs = [
        {"name": "job", "datatype": "BYTES", "shape": [2, 1]},
        {"name": "age", "datatype": "INT64", "shape": [2]},
    ]
    interface = read_interface({"inputs": inputs, "outputs": METADATA["outputs"]})
    asking = Asking(interface, ["age", "job"])
    assert asking.batch == 2
    assert asking.request([["39", "clerk"]]) == {
        "inputs": [
            {"name": "job", "datatype": "BYTES", "shape": [2, 1], "data": ["clerk", "clerk"]},
            {"name": "age", "datatype": "INT64", "shape": [2], "data": [39, 39]},
        ]
    }
    with pytest.raises(Unfit, match="no INT64"):
        asking.request([["39.5", "clerk"]])


@pytest.mark.parametrize("columns", [["a"], ["a", "b", "c"]])
def test_columns_that_do_not_fit_are_told(columns: list[str]) -> None:
    """Too few or too many columns for the model's input."""
    with pytest.raises(Unfit, match="columns are sent"):
        Asking(INTERFACE, columns)


@pytest.mark.parametrize("cell", ["", "x", "nan", "inf", "1e999"])
def test_a_cell_that_is_no_number_is_told(cell: str) -> None:
    """A gap in the data is an error, not a zero."""
    with pytest.raises(Unfit, match="FP32"):
        Asking(INTERFACE, ["a", "b"]).request([["1", cell]])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["outputs", "shape", "data"]), inner),
    max_leaves=8,
)
TENSOR = st.fixed_dictionaries(
    {"name": st.sampled_from(["label", "probabilities"])},
    optional={
        "shape": JSON | st.lists(st.integers(-1, 3)),
        "data": JSON | st.lists(st.integers(0, 1)),
        "datatype": JSON,
    },
)


@settings(max_examples=60)
@given(JSON | st.fixed_dictionaries({"outputs": JSON | st.lists(TENSOR)}))
def test_whatever_a_server_answers(response: object) -> None:
    """It fits or it is refused; no answer ends the test with an error of this program."""
    list(response_problems(response, INTERFACE))
    with suppress(Unfit):
        found = Asking(INTERFACE, ["a", "b"]).answers(response, 2)
        assert len(found.labels) == 2


@settings(max_examples=60)
@given(JSON | st.fixed_dictionaries({"inputs": JSON | st.lists(TENSOR), "outputs": JSON | st.lists(TENSOR)}))
def test_whatever_a_server_says_of_itself(metadata: object) -> None:
    """The same for metadata, with the requests that follow from it."""
    with suppress(Unfit):
        asking = Asking(read_interface(metadata), ["label", "probabilities"])
        asking.request([["1", "0"]])
