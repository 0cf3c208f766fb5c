# METADATA
# title: No reference moves
# description: >-
#   A branch, a tag, an alias or HEAD means other bytes tomorrow: what was checked is then not what runs, and nobody
#   committed the change.
# custom:
#   severity: high
#   mend: Point to a full commit id, a version or a digest.
#   reference: SLSA v1.0, provenance, resolvedDependencies
#   reads:
#     - spec.artifact.uri
#     - "spec.predictor.*.storageUri"
#     - "spec.predictor.*.storageUris[].uri"
#     - "spec.predictor.*.storage.path"
#     - spec.model.uri
#     - spec.model.storageUri
#     - "spec.model.lora.adapters[].uri"
#     - spec.source.targetRevision
#     - "spec.sources[].targetRevision"
#   subjects: [Model, InferenceService, LLMInferenceService, TrainedModel, Application, ApplicationSet]
#   parameters:
#     immutable:
#       description: Prefixes of storage addresses under which objects are never replaced (versioned, object lock).
#       default: []
#     revisions:
#       description: Patterns of the target revisions of Argo CD that are taken as fixed; a tag can be moved in Git.
#       default: ['^[0-9a-f]{40}$', '^v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?$']
package fairlead.baseline.moving_reference

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.revision
import data.lib.fairlead.workload

defaults := {
	"immutable": [],
	"revisions": [`^[0-9a-f]{40}$`, `^v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?$`],
}

# Every pointer to a model, as {path, uri}.
pointers contains {"path": path, "uri": uri} if {
	path := declared[field.subject.kind][_]
	uri := field.value(field.subject, path, "")
	uri != ""
}

declared := {
	"Model": [["spec", "artifact", "uri"]],
	"TrainedModel": [["spec", "model", "storageUri"]],
	"LLMInferenceService": array.concat([["spec", "model", "uri"]], adapters),
}

adapters := [["spec", "model", "lora", "adapters", index, "uri"] |
	some index, _ in field.value(field.subject, ["spec", "model", "lora", "adapters"], [])
]

pointers contains {"path": array.concat(place.path, ["storageUri"]), "uri": uri} if {
	some place in workload.servers(field.subject)
	uri := field.value(place.container, ["storageUri"], "")
	uri != ""
}

pointers contains {"path": path, "uri": uri} if {
	some place in workload.servers(field.subject)
	some index, _ in field.value(place.container, ["storageUris"], [])
	path := array.concat(place.path, ["storageUris", index, "uri"])
	uri := field.value(field.subject, path, "")
	uri != ""
}

# KServe's other way to say where a model is: the key of a secret, and a path.
pointers contains {"path": path, "uri": concat(":", ["storage", uri])} if {
	some place in workload.servers(field.subject)
	path := array.concat(place.path, ["storage", "path"])
	uri := field.value(field.subject, path, "")
	uri != ""
}

violation contains finding.broken(message, pointer.path) if {
	some pointer in pointers
	not kept(pointer.uri)
	revision.stays(pointer.uri) == false
	reason := revision.lacks[revision.scheme(pointer.uri)]
	message := sprintf("`%s` may mean another model tomorrow: %s", [pointer.uri, reason])
}

# A model has its lock beside the pointer; a bare manifest has nothing.
violation contains finding.unknown(message, pointer.path) if {
	field.subject.kind != "Model"
	some pointer in pointers
	not kept(pointer.uri)
	not pointer.uri in known
	message := sprintf("nothing says that the files under `%s` stay what they are", [pointer.uri])
}

# Pointers of which it can be told whether they stay.
known := {pointer.uri | some pointer in pointers; is_boolean(revision.stays(pointer.uri))}

kept(uri) if {
	some prefix in field.parameter("immutable", defaults)
	startswith(uri, prefix)
}

application := {"Application": ["spec"], "ApplicationSet": ["spec", "template", "spec"]}[field.subject.kind]

sources contains {"path": path, "source": source} if {
	path := array.concat(application, ["source"])
	source := field.value(field.subject, path, {})
	source != {}
}

sources contains {"path": path, "source": source} if {
	some index, source in field.value(field.subject, array.concat(application, ["sources"]), [])
	path := array.concat(application, ["sources", index])
}

violation contains finding.broken(message, target(place)) if {
	some place in sources
	wanted := field.value(place.source, ["targetRevision"], "HEAD")
	not contains(wanted, "{{")
	not fixed(wanted)
	message := sprintf("target revision `%s` moves: what Argo CD delivers changes without a change here", [wanted])
}

violation contains finding.unknown(message, target(place)) if {
	some place in sources
	wanted := field.value(place.source, ["targetRevision"], "HEAD")
	contains(wanted, "{{")
	message := sprintf("target revision `%s` is known only once its template is filled in", [wanted])
}

target(place) := array.concat(place.path, ["targetRevision"]) if {
	field.value(place.source, ["targetRevision"], null) != null
} else := place.path

fixed(wanted) if {
	some pattern in field.parameter("revisions", defaults)
	regex.match(pattern, wanted)
}
