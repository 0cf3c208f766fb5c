# METADATA
# title: Those who deserve a yes get it alike
# description: >-
#   Among people whose true outcome is positive, each group must have about the same chance of a positive decision.
# custom:
#   severity: high
#   mend: Find why the model misses more of one group; mend data, features or thresholds, then test again.
#   reference: Hardt, Price, Srebro 2016, equality of opportunity; EU AI Act, Art. 10(2)(f) and (g)
#   reads:
#     - evidence.groups
#   subjects: [Model]
#   parameters:
#     most:
#       description: >-
#         Greatest difference between the recall of groups, by risk class; 0.1 is what the demonstration of
#         AI Fairness 360 calls fair.
#       default: {high: 0.1}
#     samples:
#       description: Least number of samples behind a share of a group, by risk class; smaller groups are left out.
#       default: {high: 100, limited: 30}
package fairlead.fairness.equal_opportunity

import data.lib.fairlead.fairness
import data.lib.fairlead.field
import data.lib.fairlead.finding

defaults := {"most": {"high": 0.1}, "samples": {"high": 100, "limited": 30}}

metric := "recall"

most := field.parameter("most", defaults)[fairness.class]

samples := field.value(field.parameter("samples", defaults), [fairness.class], 0)

violation contains finding.unknown(message, fairness.place) if {
	most >= 0
	some message in fairness.incomparable(metric, samples)
}

violation contains finding.broken(message, fairness.place) if {
	some message in fairness.apart(metric, samples, most)
}
