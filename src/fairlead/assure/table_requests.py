"""Rows of a table as inference requests, and the answers back as one decision and one score per row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from fairlead.assure.numerals import number_of
from fairlead.assure.tensors import Interface, TensorShape, Unfit, flat

__all__ = ["Answers", "Asking", "label_text"]

_ROWS = 256
"""Rows of one request: a few are slow, and a million would not fit."""

_DIMENSIONS, _COLUMNS = (1, 2), (1, 2)
_TRUE, _FALSE = {"true", "1"}, {"false", "0"}


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model said of some rows: its label as text, and its score where it gives one."""

    labels: tuple[str, ...]
    scores: tuple[Decimal, ...] | None


def label_text(value: object) -> str:
    """A label as text, so that 1, 1.0, `1` and ` 1` are one label."""
    if isinstance(value, bool):
        return str(int(value))
    text = str(value).strip()
    try:
        return f"{number_of(text).normalize():f}"
    except ValueError:
        return text


class Asking:
    """How rows of named columns are asked of a model. Made once, Unfit where the columns do not fit its inputs.

    One input takes all columns in their order; several take one column each, by name.
    """

    def __init__(self, interface: Interface, columns: Sequence[str], *, output: str = "", score: str = "") -> None:
        """`output` and `score` name the outputs that are read; '' are the first, and the second or the only one."""
        self._inputs = list(interface.inputs.values())
        self._columns = {column: place for place, column in enumerate(columns)}
        self._output = _chosen(interface, output, 0)
        self._score = _chosen(interface, score, 1)
        only = self._inputs[0] if len(self._inputs) == 1 else None
        if only is not None and not _takes(only, len(columns)):
            raise Unfit(f"input `{only.name}` has shape {list(only.shape)}, and {len(columns)} columns are sent")
        odd = [each.name for each in self._inputs if len(each.shape) not in _DIMENSIONS]
        if odd:
            raise Unfit(f"no row of a table fits the shape of input: {', '.join(odd)}")
        missing = [] if only is not None else [each.name for each in self._inputs if each.name not in self._columns]
        if missing:
            raise Unfit(f"no column is named as input: {', '.join(missing)}")
        sizes = {each.shape[0] for each in self._inputs} - {-1}
        if len(sizes) > 1 or 0 in sizes:
            raise Unfit(f"the inputs take different numbers of rows: {', '.join(map(str, sorted(sizes)))}")
        self._fixed = min(sizes, default=0)
        self.batch = self._fixed or _ROWS

    @property
    def gives_label(self) -> bool:
        """Whether the chosen output holds labels rather than scores."""
        return not self._output.is_float

    def request(self, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
        """The body for `rows` of texts, one per column; Unfit names the value that is none of the input's datatype."""
        padded = [*rows, *[rows[-1]] * (self._fixed - len(rows))]
        return {"inputs": [self._tensor(each, padded) for each in self._inputs]}

    def answers(self, response: object, count: int) -> Answers:
        """What the model said of `count` rows. Unfit where an output is missing or has too few values."""
        told = response.get("outputs") if isinstance(response, dict) else None
        tensors = told if isinstance(told, list) else []
        outputs = {str(each.get("name")): each for each in tensors if isinstance(each, dict)}
        labels = tuple(label_text(value) for value in _values(outputs, self._output, count))
        scores = tuple(_number(each) for each in _values(outputs, self._score, count)) if self._score.is_float else None
        return Answers(labels, scores)

    def _tensor(self, tensor: TensorShape, rows: Sequence[Sequence[str]]) -> dict[str, Any]:
        parse = _parser(tensor)
        if len(self._inputs) == 1:
            values = [parse(text) for row in rows for text in row]
        else:
            values = [parse(row[self._columns[tensor.name]]) for row in rows]
        width = len(values) // len(rows)
        shape = [len(rows), width] if len(tensor.shape) > 1 else [len(values)]
        return {"name": tensor.name, "datatype": tensor.datatype, "shape": shape, "data": values}


def _chosen(interface: Interface, name: str, place: int) -> TensorShape:
    if name and name not in interface.outputs:
        raise Unfit(f"there is no output `{name}`; the model gives: {', '.join(interface.outputs)}")
    outputs = list(interface.outputs.values())
    return interface.outputs[name] if name else outputs[min(place, len(outputs) - 1)]


def _takes(tensor: TensorShape, width: int) -> bool:
    if len(tensor.shape) == 1:
        return width == 1
    return len(tensor.shape) == 2 and tensor.shape[1] in (-1, width)  # noqa: PLR2004 - rows and columns


def _parser(tensor: TensorShape) -> Callable[[str], object]:
    convert = _CONVERSIONS.get(tensor.datatype.rstrip("0123456789"))
    if convert is None:
        raise Unfit(f"input `{tensor.name}` is {tensor.datatype}, which a table cannot fill")

    def parse(text: str) -> object:
        try:
            return convert(text.strip())
        except ValueError:
            raise Unfit(f"`{text[:40]}` is no {tensor.datatype}, which input `{tensor.name}` takes") from None

    return parse


def _finite(text: str) -> float:
    number = float(text)
    if number - number != 0:
        raise ValueError(text)
    return number


def _truth(text: str) -> bool:
    if text.lower() not in _TRUE | _FALSE:
        raise ValueError(text)
    return text.lower() in _TRUE


_CONVERSIONS: Mapping[str, Callable[[str], object]] = {
    "FP": _finite,
    "INT": int,
    "UINT": int,
    "BOOL": _truth,
    "BYTES": str,
}


def _values(outputs: Mapping[str, Mapping[str, Any]], tensor: TensorShape, count: int) -> Sequence[Any]:
    """One value per row: of two columns the second, as classifiers give the probabilities of no and yes."""
    found = outputs.get(tensor.name)
    if found is None:
        raise Unfit(f"the answer has no output `{tensor.name}`")
    shape, values = found.get("shape"), flat(found.get("data"))
    rows = shape[0] if isinstance(shape, list) and shape and isinstance(shape[0], int) else 0
    width = len(values) // rows if rows > 0 else 0
    if rows < count or width not in _COLUMNS or len(values) != rows * width:
        raise Unfit(f"output `{tensor.name}` has shape {shape}; one value for each row is wanted, or two of a score")
    return values[width - 1 : count * width : width]


def _number(value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise Unfit(f"a score is {value!r}, no number")
    return Decimal(value)
