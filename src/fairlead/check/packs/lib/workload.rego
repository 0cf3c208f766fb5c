# Where the containers of Kubernetes and KServe workloads are.
package lib.fairlead.workload

import data.lib.fairlead.field

# Pod specifications inside each kind. KServe's components hold the fields of a pod specification themselves.
pods := {
	"Pod": [["spec"]],
	"Deployment": [["spec", "template", "spec"]],
	"StatefulSet": [["spec", "template", "spec"]],
	"DaemonSet": [["spec", "template", "spec"]],
	"ReplicaSet": [["spec", "template", "spec"]],
	"Job": [["spec", "template", "spec"]],
	"CronJob": [["spec", "jobTemplate", "spec", "template", "spec"]],
	"ServingRuntime": [["spec"]],
	"ClusterServingRuntime": [["spec"]],
	"InferenceService": [
		["spec", "predictor"],
		["spec", "predictor", "workerSpec"],
		["spec", "transformer"],
		["spec", "explainer"],
	],
}

# Containers as {path, container}, those that initialise included; `path` leads to the container in the document.
containers(document) := {found |
	some base in pods[document.kind]
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
