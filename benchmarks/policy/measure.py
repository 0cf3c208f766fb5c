"""Policies: evaluations per second of a core, embedded and by a real opa, and 10,000 documents under 20 rules.

Run: python benchmarks/policy/measure.py [DOCUMENTS]. The rule is Gatekeeper's K8sRequiredLabels in substance; each of
the 20 is compiled from its own text. Core seconds are those of the processes that evaluate, and of this one where it is
said.
"""

from __future__ import annotations

import os
import resource
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fairlead.check.engines.base import Case, Engine, Question, engine_for
from fairlead.domain.policy import Dialect, Module

RULES = 20
OPA = shutil.which("opa") or str(Path(__file__).parents[2] / ".tools" / "go" / "opa")

REQUIRED_LABELS = """package labels

get_message(parameters, _default) = msg { not parameters.message; msg := _default }
get_message(parameters, _default) = msg { msg := parameters.message }

violation[{"msg": msg, "details": {"missing_labels": missing}}] {
  provided := {label | input.review.object.metadata.labels[label]}
  required := {label | label := input.parameters.labels[_].key}
  missing := required - provided
  count(missing) > 0
  msg := get_message(input.parameters, sprintf("you must provide labels: %v", [missing]))
}

violation[{"msg": msg}] {
  value := input.review.object.metadata.labels[key]
  expected := input.parameters.labels[_]
  expected.key == key
  expected.allowedRegex != ""
  not re_match(expected.allowedRegex, value)
  msg := get_message(input.parameters, sprintf("Label <%v: %v> does not satisfy allowed regex: %v",
    [key, value, expected.allowedRegex]))
}
"""

PARAMETERS = {"labels": [{"key": "owner", "allowedRegex": "^[a-zA-Z]+.example.com$"}]}


@dataclass(frozen=True, slots=True)
class Figures:
    """What a run took: seconds by the clock, of the processes that evaluate, and of this one; MB of the largest."""

    evaluations: int
    clock: float
    engine: float
    here: float
    memory: float

    def row(self, what: str) -> str:
        """One line of the table."""
        each = f"{self.evaluations / self.engine:,.0f} | {self.evaluations / self.clock:,.0f}"
        return f"| {what} | {each} | {self.clock:.1f} s | {self.engine + self.here:.1f} s | {self.memory:.0f} MB |"


def documents(count: int) -> Iterator[Mapping[str, Any]]:
    """Namespaces with a label, every third of them wrong, and some annotations: 1 kB each."""
    notes = {f"note-{at}": "x" * 30 for at in range(20)}
    for at in range(count):
        owner = "nobody" if at % 3 == 0 else "ann.example.com"
        labels = {"owner": owner, "team": f"team-{at % 50}"}
        meta = {"name": f"space-{at}", "labels": labels, "annotations": notes}
        yield {"object": {"apiVersion": "v1", "kind": "Namespace", "metadata": meta}}


def measured(name: str, rules: int, count: int) -> Figures:
    """Cold: the engine is started, the rules are compiled, all documents are judged, the engine is ended."""
    before, started, here = _children(), time.monotonic(), time.process_time()
    engine = engine_for(name, OPA if name == "opa" else "")
    questions = [Question(program, PARAMETERS) for program in _programs(engine, rules)]
    cases = (Case(each, range(rules)) for each in documents(count))
    wrong = sum(len(each.violations) for answers in engine.evaluate_many(questions, cases, {}) for each in answers)
    engine.close()
    if wrong != rules * -(-count // 3):
        raise SystemExit(f"{name} found {wrong} violations")
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    clock = time.monotonic() - started
    return Figures(rules * count, clock, _children() - before, time.process_time() - here, memory)


def _programs(engine: Engine, rules: int) -> Iterator[Any]:
    for at in range(rules):
        text = REQUIRED_LABELS.replace("package labels", f"package labels{at}")
        yield engine.compile([Module(f"rule{at}.rego", text)], f"labels{at}.violation", Dialect.GATEKEEPER)


def _children() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def main(count: int) -> None:
    """Measure and print a table."""
    print("| required labels | evaluations per core second | per second | clock | cores, with the parent | a process |")
    print("|---|---|---|---|---|---|")
    print(measured("regorus", 1, count).row(f"regorus, 1 rule, {count} documents"), flush=True)
    print(measured("regorus", RULES, count).row(f"regorus, {RULES} rules, {count} documents"), flush=True)
    if Path(OPA).exists():
        print(measured("opa", 1, count).row(f"opa, 1 rule, {count} documents"), flush=True)
    else:
        print("opa was not found: tools/opa.sh installs it", file=sys.stderr)
    print(f"\nOn {len(os.sched_getaffinity(0))} cores; the goal for {RULES} rules over 10,000 models is 60 s.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
