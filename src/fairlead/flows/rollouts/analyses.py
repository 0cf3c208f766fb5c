"""Which analysis judges a rollout: the one that the workspace declares by that name, or the default one."""

from __future__ import annotations

from decimal import Decimal

from fairlead.domain.analysis import DEFAULT_ANALYSIS, AnalysisMetric, AnalysisSpec
from fairlead.domain.model import ModelSpec
from fairlead.domain.workspace import WorkspaceSpec
from fairlead.kernel.errors import NotFoundError

__all__ = ["analysis_of"]


def analysis_of(workspace: WorkspaceSpec | None, name: str, model: ModelSpec) -> AnalysisSpec:
    """The analysis of that name. NotFoundError, with the known ones, where there is none.

    The default one counts tokens where the model speaks of tokens; a shadow is judged by its answers besides.
    """
    declared = {each.name: each for each in workspace.analyses} if workspace else {}
    if name not in declared and name != DEFAULT_ANALYSIS.name:
        known = ", ".join(sorted({*declared, DEFAULT_ANALYSIS.name}))
        raise NotFoundError(f"there is no analysis `{name}`", mend=f"known: {known}")
    found = declared.get(name, DEFAULT_ANALYSIS)
    if found is not DEFAULT_ANALYSIS:
        return found
    more: list[AnalysisMetric] = []
    if model.serving.protocol == "openai":
        more.append(AnalysisMetric(name="tokens-per-request"))
    if model.release.strategy == "shadow":
        more.append(AnalysisMetric(name="answers", alpha=Decimal("0.005")))
    return found.model_copy(update={"metrics": (*found.metrics, *more)})
