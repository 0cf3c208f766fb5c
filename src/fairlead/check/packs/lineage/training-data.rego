# METADATA
# title: The training data is named
# description: Who may use a model, and whom it may treat wrongly, depends on the data that it was trained on.
# custom:
#   severity: high
#   mend: List the data sets under `data`, those for training with `purpose` training.
#   reference: EU AI Act, Art. 10(2)(b) and Annex IV(2)(d)
#   reads:
#     - spec.data
#   subjects: [Model]
#   parameters:
#     purposes:
#       description: Purposes for each of which a data set must be named.
#       default: [training]
package fairlead.lineage.training_data

import data.lib.fairlead.field
import data.lib.fairlead.finding

defaults := {"purposes": ["training"]}

violation contains finding.unknown(message, ["spec", "data"]) if {
	some purpose in field.parameter("purposes", defaults)
	not named(purpose)
	message := sprintf("no data set for %s is named", [purpose])
}

named(purpose) if {
	some set in field.value(field.subject, ["spec", "data"], [])
	field.value(set, ["purpose"], "") == purpose
}
