# METADATA
# title: A model cannot take everything
# description: >-
#   A typing error in replicas or GPUs, or a scaler without a sensible bound, must not take the machines of all others.
# custom:
#   severity: medium
#   mend: Lower the replicas, the bound of the scaler or the resources of one replica, or have the ceiling raised.
#   reference: OWASP Top 10 for LLM Applications 2025, LLM10 Unbounded Consumption
#   reads:
#     - spec.serving
#     - "spec.environments.*.replicas"
#   subjects: [Model]
#   parameters:
#     cpu:
#       description: Most cores of one model in one environment, over all of its replicas.
#       default: 256
#     gpu:
#       description: Most GPUs of one model in one environment, over all of its replicas.
#       default: 16
#     memoryGib:
#       description: Most memory of one model in one environment, over all of its replicas, in GiB.
#       default: 1024
package fairlead.baseline.resource_ceiling

import data.lib.fairlead.field
import data.lib.fairlead.finding

defaults := {"cpu": 256, "gpu": 16, "memoryGib": 1024}

serving := ["spec", "serving"]

environment := field.value(field.subject, ["environment", "name"], "")

# As many replicas as there may ever be: the scaler's bound, else what the environment asks for, else the model's own.
placed := field.value(field.subject, ["spec", "environments", environment, "replicas"], own)

own := field.value(field.subject, array.concat(serving, ["replicas"]), 1)

replicas := field.value(field.subject, array.concat(serving, ["scaling", "max"]), placed)

units := {
	"cpu": {"field": "cpu", "size": 1},
	"gpu": {"field": "gpu", "size": 1},
	"memoryGib": {"field": "memory", "size": 1073741824},
}

violation contains finding.broken(message, path) if {
	some name, unit in units
	path := array.concat(serving, ["resources", unit.field])
	one := to_number(field.value(field.subject, path, 0))
	most := field.parameter(name, defaults)
	one * replicas > most * unit.size
	message := sprintf("%d replicas together take more than %v %s", [replicas, most, name])
}
