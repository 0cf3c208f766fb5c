"""Policies and subjects that a test changes one thing of."""

from __future__ import annotations

from typing import Any

from fairlead.check.policies.yaml_documents import read_documents
from fairlead.domain.policy import Subject

TEMPLATE = """\
apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: needslabel
  annotations:
    metadata.gatekeeper.sh/title: Needs a label
    description: Somebody answers for it.
    fairlead.dev/severity: high
    fairlead.dev/mend: Add the label.
    fairlead.dev/reference: House rule 7
spec:
  crd:
    spec:
      names:
        kind: NeedsLabel
      validation:
        openAPIV3Schema:
          type: object
          required: [label]
          properties:
            label: {type: string, minLength: 2}
            depth: {type: integer, default: 3}
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package needslabel

        violation[{"msg": msg, "details": {"field": ["metadata", "labels"]}}] {
          not input.review.object.metadata.labels[input.parameters.label]
          msg := sprintf("no label %v at depth %v", [input.parameters.label, input.parameters.depth])
        }
"""
"""Its Rego begins in line 26, with the package."""

CONSTRAINT = """\
apiVersion: constraints.gatekeeper.sh/v1beta1
kind: NeedsLabel
metadata:
  name: owner
spec:
  match:
    kinds:
      - apiGroups: [""]
        kinds: [Pod]
  parameters:
    label: owner
"""

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
  namespace: shop
  labels:
    app: web
"""


def quiet(done: int, total: int, label: str) -> None:
    """Progress that nobody looks at."""


def subject(text: str, *, path: str = "pod.yaml", environment: str = "") -> Subject:
    """The one object of a YAML text, as policies judge it."""
    (document,) = read_documents(text)
    value: dict[str, Any] = document.value
    name = value["metadata"]["name"]
    return Subject(value["kind"], name, value, path, document.line, environment=environment, places=document.places)
