"""One test of one model: the server that is asked, what it says that it takes, and what was found so far."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus

from fairlead.assure.tensors import Interface, Unfit, read_interface, read_json
from fairlead.domain.evidence import GroupMeasure, Measure
from fairlead.domain.finding import Finding
from fairlead.domain.model import ModelSpec
from fairlead.domain.trial import Trial
from fairlead.drivers.inference import InferenceClient, Reply
from fairlead.flows.trying.bench import Deadline
from fairlead.ports import Progress, Tree

__all__ = ["Outcome", "Sitting", "interface_of"]

_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Outcome:
    """One thing that was tried; `detail` says what was wrong, or what was measured."""

    name: str
    passed: bool
    detail: str = ""


@dataclass(slots=True)
class Sitting:
    """What the parts of a test share, and what they found. `interface` is None for servers of other protocols."""

    tree: Tree
    folder: str
    model: str
    spec: ModelSpec
    trial: Trial
    client: InferenceClient
    interface: Interface | None
    deadline: Deadline
    progress: Progress
    outcomes: list[Outcome] = field(default_factory=list)
    measures: list[Measure] = field(default_factory=list)
    groups: list[GroupMeasure] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    schema_problems: list[str] = field(default_factory=list)

    @property
    def infer_path(self) -> str:
        """Where the protocol takes requests."""
        oip = self.spec.serving.protocol == "oip"
        return f"/v2/models/{self.model}/infer" if oip else "/v1/chat/completions"

    def ask(self, body: bytes, path: str = "") -> Reply:
        """One request, within the test's time."""
        self.deadline.left()
        return self.client.post(path or self.infer_path, body)

    def note_schema(self, problems: Iterable[str], where: str) -> None:
        """Keep what does not fit the metadata, each thing once."""
        told = (f"{where}: {problem}" for problem in problems)
        self.schema_problems += [each for each in told if each not in self.schema_problems]


def interface_of(client: InferenceClient, model: str) -> Interface:
    """What the model's metadata says. Unfit where there is none."""
    reply = client.get(f"/v2/models/{model}")
    if reply.status != HTTPStatus.OK:
        raise Unfit(f"the server has no metadata of the model: it answered {reply.status}")
    return read_interface(read_json(reply.body))
