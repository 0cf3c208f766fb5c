"""What is known of a model wherever it runs: its evidence and who signed it."""

from __future__ import annotations

from fairlead.declare.evidence import read_evidence
from fairlead.flows.judging.facts import Candidate, ModelEvidence
from fairlead.flows.judging.proofs import Proofs
from fairlead.flows.judging.standing import Stand

__all__ = ["evidence_of"]


def evidence_of(candidate: Candidate, stand: Stand, proofs: Proofs | None) -> ModelEvidence:
    """The model's evidence, as far as it is about these bytes, this data and these tests."""
    signer = proofs.evidence_signer(stand.rules) if proofs is not None else None
    evidence, standing, findings = read_evidence(candidate.tree, candidate.model, signer)
    return ModelEvidence(evidence, standing, findings=findings)
