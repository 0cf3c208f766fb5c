# Where the containers of Kubernetes and KServe workloads are.
package lib.fairlead.workload

import data.lib.fairlead.field

# Where the pod specifications of a kind are. KServe's components hold the fields of one themselves; a `Service` is one
# of Knative's, for one of Kubernetes itself has no template.
pods := {
	"Pod": [["spec"]],
	"Deployment": [["spec", "template", "spec"]],
	"StatefulSet": [["spec", "template", "spec"]],
	"DaemonSet": [["spec", "template", "spec"]],
	"ReplicaSet": [["spec", "template", "spec"]],
	"ReplicationController": [["spec", "template", "spec"]],
	"Rollout": [["spec", "template", "spec"]],
	"Service": [["spec", "template", "spec"]],
	"Job": [["spec", "template", "spec"]],
	"CronJob": [["spec", "jobTemplate", "spec", "template", "spec"]],
	"ScaledJob": [["spec", "jobTargetRef", "template", "spec"]],
	"ServingRuntime": [["spec"]],
	"ClusterServingRuntime": [["spec"]],
	"InferenceService": [
		["spec", "predictor"],
		["spec", "predictor", "workerSpec"],
		["spec", "transformer"],
		["spec", "explainer"],
	],
	"LLMInferenceService": [
		["spec", "template"],
		["spec", "worker"],
		["spec", "prefill", "template"],
		["spec", "prefill", "worker"],
	],
}

# Where the cluster of a Ray resource is described.
rays := {
	"RayCluster": ["spec"],
	"RayJob": ["spec", "rayClusterSpec"],
	"RayService": ["spec", "rayClusterConfig"],
}

bases(document) := {base | base := pods[document.kind][_]} | {array.concat(cluster, group) |
	cluster := rays[document.kind]
	some group in array.concat([["headGroupSpec", "template", "spec"]], workers(document, cluster))
}

workers(document, cluster) := [["workerGroupSpecs", index, "template", "spec"] |
	some index, _ in field.value(document, array.concat(cluster, ["workerGroupSpecs"]), [])
]

# Containers as {path, container}, those that initialise included; `path` leads to the container in the document.
containers(document) := {found |
	some base in bases(document)
	some list in ["containers", "initContainers"]
	some index, container in field.value(document, array.concat(base, [list]), [])
	found := {"path": array.concat(base, [list, index]), "container": container}
}

# Model servers of an InferenceService, as {path, container}: `predictor.model`, and the older `predictor.sklearn`.
# Their image and resources may be left to a ServingRuntime.
servers(document) := {found |
	document.kind == "InferenceService"
	some component in ["predictor", "explainer"]
	some name, server in field.value(document, ["spec", component], {})
	serves(name, server)
	found := {"path": ["spec", component, name], "container": server}
}

serves("model", server) if is_object(server)

serves(name, server) if {
	name != "model"
	is_object(server)
	some key in ["storage", "storageUri", "storageUris", "runtimeVersion"]
	object.get(server, key, null) != null
}

# Images as {path, image}, with the path of the field.
images(document) := {found |
	some place in (containers(document) | servers(document))
	image := field.value(place.container, ["image"], "")
	is_string(image)
	image != ""
	found := {"path": array.concat(place.path, ["image"]), "image": image}
}
