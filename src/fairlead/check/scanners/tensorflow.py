"""TensorFlow's SavedModel and GraphDef: operations that run Python, or read and write files of the machine.

Field numbers are those of `saved_model.proto`, `meta_graph.proto`, `graph.proto`, `function.proto`, `node_def.proto`.
TensorFlow's SECURITY.md: "models are programs". The list names what acts outside of the graph.
"""

from __future__ import annotations

from collections.abc import Iterator

from fairlead.check.scanners.base import Place, Problem, shown
from fairlead.check.scanners.feed import CutError, Feed
from fairlead.check.scanners.keras import KerasWatch
from fairlead.check.scanners.protobuf import LENGTH, Field, MalformedError, Wire

__all__ = ["scan"]

_SAVED_MODEL = "saved_model.pb"
_META_GRAPHS = 2
_GRAPH = 2
_NODES, _LIBRARY = 1, 2
_FUNCTIONS = 1
_FUNCTION_NODES = 3
_OPERATION = 2
_MAX_NAME = 4_096
_MAX_SHOWN = 5
_MEND = "export the model without it, or convert it to ONNX"

_ACTS = """
PyFunc PyFuncStateless EagerPyFunc ReadFile WriteFile MatchingFiles ImmutableConst WholeFileReader WholeFileReaderV2
TextLineReader TextLineReaderV2 FixedLengthRecordReader FixedLengthRecordReaderV2 TFRecordReader TFRecordReaderV2
TextLineDataset TFRecordDataset TFRecordDatasetV2 FixedLengthRecordDataset FixedLengthRecordDatasetV2 SqlDataset
ExperimentalSqlDataset SaveDataset SaveDatasetV2 LoadDataset SnapshotDataset SnapshotDatasetV2 DatasetToTFRecord
DebugIdentity DebugIdentityV2 DebugIdentityV3 DebugNanCount DebugNumericSummary DumpIdentity PrintV2 WriteAudioSummary
CreateSummaryFileWriter CreateSummaryDbWriter ImportEvent RpcCall TryRpc Rpc GenerateBigQueryReaderPartitions
BigQueryReader RemoteCall DataServiceDataset DataServiceDatasetV2 DataServiceDatasetV3 DataServiceDatasetV4
RegisterDataset CompileAndExecute LMDBReader LMDBDataset ExperimentalLMDBDataset
"""
_OUTSIDE = frozenset(_ACTS.split())
"""Operations that run Python, or reach files, hosts, processes. Checkpoints and tables stay within the model."""


def scan(feed: Feed, place: Place) -> Iterator[Problem]:
    """Each kind of such an operation once, and code in Keras' metadata."""
    watch = KerasWatch()

    def read(count: int) -> bytes:
        data = feed.read(count)
        watch.see(data)
        return data

    wire = Wire(Feed(read), place.size)
    try:
        found = sorted({each for each in _operations(wire, place) if each in _OUTSIDE})
    except (MalformedError, CutError) as error:
        message = f"`{place.label}` is no whole TensorFlow model: {error}"
        yield Problem("scan/tensorflow-broken", message, "export the model again")
        return
    for name in found[:_MAX_SHOWN]:
        message = f"`{place.label}` holds the operation `{shown(name)}`, which reaches out of the model"
        yield Problem("scan/tensorflow-operation", message, _MEND)
    yield from watch.problems(place)


def _operations(wire: Wire, place: Place) -> Iterator[str]:
    """Names of all operations, of a SavedModel (which has one name) or of a graph alone."""
    if place.name.rpartition("/")[2] != _SAVED_MODEL:
        yield from _graph(wire, None)
        return
    for field in wire.fields():
        if field.number == _META_GRAPHS and field.wire == LENGTH:
            for inner in wire.fields(field.value):
                if inner.number == _GRAPH and inner.wire == LENGTH:
                    yield from _graph(wire, inner.value)


def _graph(wire: Wire, end: int | None) -> Iterator[str]:
    for field in wire.fields(end):
        if field.number == _NODES and field.wire == LENGTH:
            yield from _operation(wire, field)
        elif field.number == _LIBRARY and field.wire == LENGTH:
            for inner in wire.fields(field.value):
                if inner.number == _FUNCTIONS and inner.wire == LENGTH:
                    yield from _function(wire, inner)


def _function(wire: Wire, outer: Field) -> Iterator[str]:
    for field in wire.fields(outer.value):
        if field.number == _FUNCTION_NODES and field.wire == LENGTH:
            yield from _operation(wire, field)


def _operation(wire: Wire, outer: Field) -> Iterator[str]:
    for field in wire.fields(outer.value):
        if field.number == _OPERATION and field.wire == LENGTH:
            yield wire.text(field.value, _MAX_NAME).decode("utf-8", "replace")
