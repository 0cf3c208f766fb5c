# METADATA
# title: The numbers that the risk class asks for are there
# description: >-
#   How right a model is must be known before how fair it is means anything, and every attribute that may be treated
#   wrongly must have been looked at.
# custom:
#   severity: high
#   mend: Add the metric or the column of groups under `tests.metrics`, then run `fairlead test MODEL`.
#   reference: EU AI Act, Art. 15(3) and Art. 10(2)(f); NIST AI RMF 1.0, MEASURE 2.11
#   reads:
#     - evidence.measures
#     - evidence.groups
#   subjects: [Model]
#   parameters:
#     metrics:
#       description: Lists of metrics by risk class; one of each list must have been measured.
#       default:
#         high: [[accuracy, balanced-accuracy, f1, f1-macro, auc, mae, mse, rmse, r2]]
#     attributes:
#       description: Columns whose groups must have been compared, by risk class.
#       default: {}
package fairlead.fairness.required_metrics

import data.lib.fairlead.evidence
import data.lib.fairlead.fairness
import data.lib.fairlead.field
import data.lib.fairlead.finding

defaults := {
	"metrics": {"high": [["accuracy", "balanced-accuracy", "f1", "f1-macro", "auc", "mae", "mse", "rmse", "r2"]]},
	"attributes": {},
}

measured := {name |
	some measure in field.value(evidence.found, ["measures"], [])
	name := field.value(measure, ["name"], "")
}

violation contains finding.unknown(message, fairness.place) if {
	some choice in field.value(field.parameter("metrics", defaults), [fairness.class], [])
	count({name | some name in choice} & measured) == 0
	message := sprintf(
		"for risk class %s one of these must be measured: %s",
		[fairness.class, concat(", ", choice)],
	)
}

compared := {share.attribute | some share in fairness.shares}

violation contains finding.unknown(message, fairness.place) if {
	some attribute in field.value(field.parameter("attributes", defaults), [fairness.class], [])
	not attribute in compared
	message := sprintf(
		"the groups of `%s` were not compared, as risk class %s asks for",
		[attribute, fairness.class],
	)
}
