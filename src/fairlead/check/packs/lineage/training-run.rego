# METADATA
# title: The training run is named
# description: Parameters, metrics and logs of the training are found through its run, long after those who ran it left.
# custom:
#   severity: medium
#   mend: Set `provenance.trainingRun` to the address of the run, for example runs:/<id> or https://...
#   reference: EU AI Act, Annex IV(2)(a) and (c); NIST AI RMF 1.0, MAP 2.3
#   reads:
#     - spec.provenance.trainingRun
#   subjects: [Model]
#   parameters:
#     address:
#       description: Pattern of an address of a run.
#       default: '^[a-z][a-z0-9+.-]*:[^\s]+$'
package fairlead.lineage.training_run

import data.lib.fairlead.field
import data.lib.fairlead.finding

defaults := {"address": `^[a-z][a-z0-9+.-]*:[^\s]+$`}

place := ["spec", "provenance", "trainingRun"]

address := field.value(field.subject, place, "")

violation contains finding.unknown("the training run is not stated", place) if not field.said(address)

violation contains finding.broken(message, place) if {
	field.said(address)
	not regex.match(field.parameter("address", defaults), address)
	message := sprintf("`%s` is no address of a training run", [address])
}
