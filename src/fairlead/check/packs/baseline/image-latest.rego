# METADATA
# title: No latest image
# description: >-
#   `latest`, or no tag at all, is whatever was pushed last: two replicas of one workload can run different programs,
#   and a rollback brings nothing back.
# custom:
#   severity: high
#   mend: Name a version and its digest.
#   reference: NIST SP 800-190, 4.2.2
#   reads:
#     - "containers[].image"
#     - "initContainers[].image"
#     - "spec.predictor.*.image"
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
#     tags:
#       description: Tags that mean whatever was pushed last.
#       default: [latest]
package fairlead.baseline.image_latest

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.image
import data.lib.fairlead.workload

defaults := {"tags": ["latest"]}

violation contains finding.broken(message, place.path) if {
	some place in workload.images(field.subject)
	not image.pinned(place.image)
	image.tag(place.image) == ""
	message := sprintf("image `%s` has no tag, which means `latest`", [place.image])
}

violation contains finding.broken(message, place.path) if {
	some place in workload.images(field.subject)
	not image.pinned(place.image)
	image.tag(place.image) in field.parameter("tags", defaults)
	message := sprintf("image `%s` is whatever was pushed last", [place.image])
}
