"""Judges subjects by a rulebook: one engine, kept while it is needed, in batches that bound the memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from fairlead.check.engines.base import Engine, engine_for
from fairlead.check.policies.judging import judge_subjects
from fairlead.declare.reader import Declared
from fairlead.domain.finding import Finding
from fairlead.domain.policy import Subject
from fairlead.flows.judging.rulebook import Rulebook
from fairlead.ports import Progress

__all__ = ["Judge", "model_facts", "policy_data"]

_BATCH = 512
"""Subjects whose documents are held at once, some 10 KB each."""

_INVENTORY = "data.inventory"


@dataclass(slots=True)
class Judge:
    """An engine that is started when the first rule is asked, and ended by `close`."""

    _engines: dict[str, Engine] = field(default_factory=dict)

    def judge(
        self, book: Rulebook, subjects: Iterable[Subject], data: Mapping[str, Any], progress: Progress
    ) -> Iterator[Finding]:
        """What the rules find. Rules that look at all subjects are handed all of them at once."""
        if not book.policies:
            return
        engine = self._engine(book)
        seen = {**book.data, **data}
        if any(_INVENTORY in module.text for policy in book.policies for module in policy.modules):
            yield from judge_subjects(book.policies, list(subjects), seen, engine, progress)
            return
        waiting = iter(subjects)
        while batch := list(islice(waiting, _BATCH)):
            yield from judge_subjects(book.policies, batch, seen, engine, progress)

    def close(self) -> None:
        """End the engines."""
        for engine in self._engines.values():
            engine.close()
        self._engines.clear()

    def _engine(self, book: Rulebook) -> Engine:
        policies = book.workspace.policies if book.workspace else None
        name = policies.engine if policies else "auto"
        if name not in self._engines:
            self._engines[name] = engine_for(name)
        return self._engines[name]


def policy_data(
    book: Rulebook,
    now: datetime,
    models: Mapping[str, Mapping[str, Any]],
    ledger: Mapping[str, Any] | None,
    around: Iterable[Subject] = (),
) -> dict[str, Any]:
    """What policies see as `data.fairlead`: the workspace and its other models, infrastructure, ledger, the time."""
    workspace = book.workspace
    environments = [] if workspace is None else [each.name for each in workspace.environments]
    return {
        "fairlead": {
            "workspace": {"name": workspace.name if workspace else "", "environments": environments},
            "models": models,
            "manifests": [each.document for each in around],
            "ledger": ledger,
            "now": now.isoformat(),
        }
    }


def model_facts(declared: Declared) -> dict[str, dict[str, Any]]:
    """What rules may ask of the other models of a workspace, by name."""
    return {
        name: {
            "owner": model.spec.owner,
            "risk": model.spec.risk.risk_class,
            "environments": sorted(model.spec.environments),
            "lock": {"tree": model.lock.tree} if model.lock else None,
        }
        for name, model in declared.models.items()
        if model.spec is not None
    }
