# METADATA
# title: Images are pinned by digest
# description: A tag can be pushed again; only a digest always means the image that was checked.
# custom:
#   severity: medium
#   mend: Add `@sha256:...` to the image, for example with `crane digest IMAGE` or `docker buildx imagetools inspect`.
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
package fairlead.baseline.image_digest

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.image
import data.lib.fairlead.workload

violation contains finding.broken(message, place.path) if {
	some place in workload.images(field.subject)
	not image.pinned(place.image)
	message := sprintf("image `%s` is not pinned by a digest", [place.image])
}
