# METADATA
# title: No group is selected far less than another
# description: >-
#   A selection rate below four fifths of that of the group with the highest rate is generally regarded as evidence of
#   adverse impact.
# custom:
#   severity: high
#   mend: Find why one group is selected less; mend data, features or thresholds, or show why it is justified.
#   reference: 29 CFR 1607.4(D), the four-fifths rule; EU AI Act, Art. 10(2)(f) and (g)
#   reads:
#     - evidence.groups
#   subjects: [Model]
#   parameters:
#     least:
#       description: Least ratio between the lowest and the highest selection rate, by risk class.
#       default: {high: 0.8}
#     samples:
#       description: Least number of samples behind a share of a group, by risk class; smaller groups are left out.
#       default: {high: 100, limited: 30}
package fairlead.fairness.disparate_impact

import data.lib.fairlead.fairness
import data.lib.fairlead.field
import data.lib.fairlead.finding

defaults := {"least": {"high": 0.8}, "samples": {"high": 100, "limited": 30}}

metric := "selection-rate"

least := field.parameter("least", defaults)[fairness.class]

samples := field.value(field.parameter("samples", defaults), [fairness.class], 0)

violation contains finding.unknown(message, fairness.place) if {
	least >= 0
	some message in fairness.incomparable(metric, samples)
}

violation contains finding.broken(message, fairness.place) if {
	some subject in fairness.compared(metric)
	ends := fairness.extremes(fairness.sound(metric, subject, samples))
	ends.least.value + fairness.rounding < least * ends.greatest.value
	ratio := fairness.shown(ends.least.value / ends.greatest.value)
	message := sprintf(
		"%s `%s` is selected at %v of the rate of `%s`, less than %v",
		[subject.attribute, ends.least.group, ratio, ends.greatest.group, least],
	)
}
