# METADATA
# title: Containers say what they use
# description: >-
#   A container without limits can take a whole node down, and one without requests can be neither placed nor priced.
# custom:
#   severity: medium
#   mend: Set `resources.requests` and `resources.limits` of the container.
#   reference: NSA and CISA Kubernetes Hardening Guide 1.2, resource policies
#   reads:
#     - "containers[].resources"
#     - "initContainers[].resources"
#     - "spec.predictor.*.resources"
#   subjects:
#     - Pod
#     - Deployment
#     - StatefulSet
#     - DaemonSet
#     - ReplicaSet
#     - Job
#     - CronJob
#     - ReplicationController
#     - Rollout
#     - Service
#     - ScaledJob
#     - RayCluster
#     - RayJob
#     - RayService
#     - LLMInferenceService
#     - InferenceService
#     - ServingRuntime
#     - ClusterServingRuntime
#   parameters:
#     required:
#       description: Fields below `resources` that must be set. A limit also counts as request, as in Kubernetes.
#       default: [requests.cpu, requests.memory, limits.memory]
package fairlead.baseline.resource_limits

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.workload

defaults := {"required": ["requests.cpu", "requests.memory", "limits.memory"]}

violation contains finding.broken(message, place.path) if {
	some place in workload.containers(field.subject)
	absent := missing(place.container)
	count(absent) > 0
	name := field.value(place.container, ["name"], "")
	message := sprintf("container `%s` does not set %s", [name, concat(", ", absent)])
}

# What an InferenceService leaves out, a ServingRuntime may set; that one is judged where it stands.
violation contains finding.unknown(message, place.path) if {
	some place in workload.servers(field.subject)
	absent := missing(place.container)
	count(absent) > 0
	message := sprintf(
		"the model server leaves %s to its runtime, which this manifest does not show",
		[concat(", ", absent)],
	)
}

missing(container) := [each |
	some each in field.parameter("required", defaults)
	not set(container, split(each, "."))
]

set(container, path) if field.value(container, array.concat(["resources"], path), null) != null

set(container, path) if {
	path[0] == "requests"
	field.value(container, ["resources", "limits", path[1]], null) != null
}
