# METADATA
# title: Somebody answers for it
# description: >-
#   A model or workload without an owner has nobody to ask when it costs too much, fails or harms, and its cost cannot
#   be charged to anyone.
# custom:
#   severity: medium
#   mend: Name the team or e-mail address that answers for it, in `owner` of model.yaml or in a label.
#   reference: NIST AI RMF 1.0, GOVERN 2.1
#   reads:
#     - spec.owner
#     - metadata.labels
#     - metadata.annotations
#   subjects:
#     - Model
#     - Pod
#     - Deployment
#     - StatefulSet
#     - DaemonSet
#     - ReplicaSet
#     - ReplicationController
#     - Rollout
#     - Job
#     - CronJob
#     - ScaledJob
#     - RayCluster
#     - RayJob
#     - RayService
#     - LLMInferenceService
#     - InferenceService
#   parameters:
#     labels:
#       description: Labels or annotations of a workload that name its owner; any one of them will do.
#       default: [fairlead.dev/owner, owner, team]
#     placeholders:
#       description: Words that stand where an owner should be, in lower case.
#       default: [none, nobody, tbd, todo, unknown]
package fairlead.baseline.owner

import data.lib.fairlead.field
import data.lib.fairlead.finding

defaults := {
	"labels": ["fairlead.dev/owner", "owner", "team"],
	"placeholders": ["none", "nobody", "tbd", "todo", "unknown"],
}

violation contains finding.broken(message, ["spec", "owner"]) if {
	field.subject.kind == "Model"
	not names(field.value(field.subject, ["spec", "owner"], ""))
	message := "nobody answers for this model"
}

violation contains finding.broken(message, ["metadata"]) if {
	field.subject.kind != "Model"
	not labelled
	message := sprintf("no label names an owner; wanted is one of: %s", [concat(", ", labels)])
}

labels := field.parameter("labels", defaults)

labelled if {
	some label in labels
	some kind in ["labels", "annotations"]
	names(field.value(field.subject, ["metadata", kind, label], ""))
}

names(text) if {
	field.said(text)
	not lower(trim_space(text)) in field.parameter("placeholders", defaults)
}
