# METADATA
# title: Numbers are within their bounds
# description: What a model must reach is decided before it is measured, not after.
# custom:
#   severity: high
#   mend: Improve the model, or have the bound reviewed by those who answer for it.
#   reference: EU AI Act, Art. 15(1) and 15(3); NIST AI RMF 1.0, MEASURE 2.3
#   reads:
#     - evidence.measures
#   subjects: [Model]
#   parameters:
#     bounds:
#       description: >-
#         By risk class and metric, `min` and `max`, both allowed values themselves. No number holds for every model,
#         so the default names none.
#       default: {}
package fairlead.fairness.metric_bounds

import data.lib.fairlead.evidence
import data.lib.fairlead.fairness
import data.lib.fairlead.field
import data.lib.fairlead.finding

defaults := {"bounds": {}}

bounds := field.value(field.parameter("bounds", defaults), [fairness.class], {})

measures := field.value(evidence.found, ["measures"], [])

violation contains finding.unknown(message, fairness.place) if {
	some name, _ in bounds
	count([each | some each in measures; each.name == name]) == 0
	message := sprintf("`%s` has a bound, but was not measured", [name])
}

violation contains finding.broken(message, fairness.place) if {
	some name, bound in bounds
	some measure in measures
	measure.name == name
	measure.value < to_number(field.value(bound, ["min"], measure.value))
	message := sprintf("`%s` is %v, less than %v", [name, measure.value, bound.min])
}

violation contains finding.broken(message, fairness.place) if {
	some name, bound in bounds
	some measure in measures
	measure.name == name
	measure.value > to_number(field.value(bound, ["max"], measure.value))
	message := sprintf("`%s` is %v, more than %v", [name, measure.value, bound.max])
}
