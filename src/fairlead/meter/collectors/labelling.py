"""From a series' labels to who used what: which label says which column of `usage`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fairlead.kernel.errors import UsageError
from fairlead.meter.collectors.joining import Joined
from fairlead.meter.collectors.table_file import STRINGS

__all__ = ["LABELS", "Consumer", "Labelling", "chosen_labels"]

LABELS: Mapping[str, tuple[str, ...]] = {
    "resource": ("node", "Hostname", "kubernetes_node"),
    "environment": ("environment",),
    "model": ("model_name", "model"),
    "customer": ("customer",),
    "team": ("team",),
    "namespace": ("exported_namespace", "namespace", "namespace_name"),
    "pod": ("exported_pod", "pod", "pod_name"),
}
"""Labels that say a column, the first one that is there. `exported_` is what a target says itself, where Prometheus
has a label of that name for the target (https://prometheus.io/docs/prometheus/latest/configuration/configuration/,
honor_labels). `release` is not among them: in many clusters it names a Helm release."""


@dataclass(frozen=True, slots=True)
class Consumer:
    """The text columns of a row of usage, by name, and its labels; hashable, since rows of one consumer are summed."""

    columns: tuple[tuple[str, str], ...]
    labels: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Labelling:
    """Which labels are read for each column, and which are kept as labels; all others are summed over.

    `known` is what other series say of a node and of a pod: a series' own labels go before a pod's.
    """

    columns: Mapping[str, Sequence[str]] = field(default_factory=lambda: LABELS)
    keep: Sequence[str] = ()
    known: Joined = field(default_factory=Joined)

    @property
    def of_pods(self) -> bool:
        """Whether a label is read that only a pod has."""
        return any(name.startswith("label_") for names in (*self.columns.values(), self.keep) for name in names)

    def consumer(self, series: Mapping[str, str]) -> Consumer:
        """Who it was, as far as the series' labels say, and what is known of its node and its pod."""
        where = tuple(_first(series, self.columns.get(name, ())) for name in ("namespace", "pod"))
        labels = {**self.known.pods.get((where[0], where[1]), {}), **series}
        said = {name: _first(labels, self.columns.get(name, ())) for name in STRINGS}
        said["resource"] = self.known.nodes.get(said["resource"], said["resource"])
        kept = {name: labels[name] for name in self.keep if labels.get(name)}
        return Consumer(tuple(said.items()), tuple(sorted(kept.items())))


def chosen_labels(choices: Sequence[str]) -> Labelling:
    """Labels as a person chose them (`team=label_team`), before the ones that are read anyway; `zone` keeps a label.

    UsageError for a column that usage does not have.
    """
    columns = {name: list(labels) for name, labels in LABELS.items()}
    keep: list[str] = []
    for choice in choices:
        column, equals, label = choice.partition("=")
        if not equals:
            keep.append(column)
        elif column not in STRINGS or not label:
            raise UsageError(
                f"--label {choice}: usage has no column {column!r}"
                if label
                else f"--label {choice}: no label is named",
                mend=f"write COLUMN=LABEL, where a column is one of {', '.join(STRINGS)}; or LABEL alone, to keep it",
            )
        else:
            columns.setdefault(column, []).insert(0, label)
    return Labelling(columns, keep)


def _first(labels: Mapping[str, str], names: Sequence[str]) -> str:
    return next((labels[name] for name in names if labels.get(name)), "")
