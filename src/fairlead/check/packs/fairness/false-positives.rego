# METADATA
# title: Those who deserve a no are spared alike
# description: >-
#   Among people whose true outcome is negative, no group may be wrongly accused, denied or singled out more often
#   than others.
# custom:
#   severity: high
#   mend: Find why the model raises more false alarms for one group; mend data, features or thresholds, then test again.
#   reference: Hardt, Price, Srebro 2016, equalized odds; EU AI Act, Art. 10(2)(f) and (g)
#   reads:
#     - evidence.groups
#   subjects: [Model]
#   parameters:
#     most:
#       description: >-
#         Greatest difference between the false positive rates of groups, by risk class; 0.1 as for equal opportunity.
#       default: {high: 0.1}
#     samples:
#       description: Least number of samples behind a share of a group, by risk class; smaller groups are left out.
#       default: {high: 100, limited: 30}
package fairlead.fairness.false_positives

import data.lib.fairlead.fairness
import data.lib.fairlead.field
import data.lib.fairlead.finding

defaults := {"most": {"high": 0.1}, "samples": {"high": 100, "limited": 30}}

metric := "false-positive-rate"

most := field.parameter("most", defaults)[fairness.class]

samples := field.value(field.parameter("samples", defaults), [fairness.class], 0)

violation contains finding.unknown(message, fairness.place) if {
	most >= 0
	some message in fairness.incomparable(metric, samples)
}

violation contains finding.broken(message, fairness.place) if {
	some message in fairness.apart(metric, samples, most)
}
