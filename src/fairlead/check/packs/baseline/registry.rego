# METADATA
# title: Images come from allowed registries
# description: >-
#   Anybody can push to a public registry. Images are taken from publishers that the workspace has decided to trust.
# custom:
#   severity: high
#   mend: Mirror the image to a registry that is allowed, or have its repository added to `registries`.
#   reference: NIST SP 800-190, 4.1.5
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
#     registries:
#       description: >-
#         Prefixes of image names in full, up to a slash or the end of the name; `nginx` is `docker.io/library/nginx`.
#       default:
#         - docker.io/kserve
#         - docker.io/library
#         - docker.io/pytorch
#         - docker.io/tensorflow
#         - docker.io/vllm
#         - ghcr.io/huggingface
#         - mcr.microsoft.com
#         - nvcr.io
#         - public.ecr.aws/docker/library
#         - registry.k8s.io
package fairlead.baseline.registry

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.image
import data.lib.fairlead.workload

defaults := {"registries": [
	"docker.io/kserve",
	"docker.io/library",
	"docker.io/pytorch",
	"docker.io/tensorflow",
	"docker.io/vllm",
	"ghcr.io/huggingface",
	"mcr.microsoft.com",
	"nvcr.io",
	"public.ecr.aws/docker/library",
	"registry.k8s.io",
]}

violation contains finding.broken(message, place.path) if {
	some place in workload.images(field.subject)
	name := image.repository(place.image)
	not allowed(name)
	message := sprintf("image `%s` comes from `%s`, which is not an allowed registry", [place.image, name])
}

allowed(name) if {
	some prefix in field.parameter("registries", defaults)
	whole := trim_suffix(prefix, "/")
	startswith(concat("", [name, "/"]), concat("", [whole, "/"]))
}
