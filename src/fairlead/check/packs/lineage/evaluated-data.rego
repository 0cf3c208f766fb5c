# METADATA
# title: Numbers rest on data that is named
# description: A number about a model means something only together with the data that it was measured on.
# custom:
#   severity: medium
#   mend: List the data set under `data` with its sha256, and name it in `data` of the metric.
#   reference: EU AI Act, Art. 15(3) and Annex IV(2)(g)
#   reads:
#     - spec.metrics
#     - spec.data
#   subjects: [Model]
package fairlead.lineage.evaluated_data

import data.lib.fairlead.field
import data.lib.fairlead.finding

names := {name |
	some set in field.value(field.subject, ["spec", "data"], [])
	name := field.value(set, ["name"], "")
}

violation contains finding.broken(message, ["spec", "metrics", index]) if {
	some index, metric in field.value(field.subject, ["spec", "metrics"], [])
	not field.value(metric, ["data"], "") in names
	message := sprintf(
		"`%s` does not say on which of the data sets it was measured",
		[field.value(metric, ["name"], "")],
	)
}
