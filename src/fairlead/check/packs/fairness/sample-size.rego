# METADATA
# title: Groups are large enough to compare
# description: >-
#   With a handful of people in a group, a difference may be chance, and so may its absence.
# custom:
#   severity: medium
#   mend: Test on data that holds more rows of this group.
#   reference: 29 CFR 1607.4(D), on small numbers; NIST AI RMF 1.0, MEASURE 2.11
#   reads:
#     - evidence.groups
#   subjects: [Model]
#   parameters:
#     samples:
#       description: Least number of samples behind a share of a group, by risk class; fairlead's choice.
#       default: {high: 100, limited: 30}
package fairlead.fairness.sample_size

import data.lib.fairlead.fairness
import data.lib.fairlead.field
import data.lib.fairlead.finding

defaults := {"samples": {"high": 100, "limited": 30}}

judged := ["selection-rate", "recall", "false-positive-rate"]

violation contains finding.unknown(message, fairness.place) if {
	least := field.parameter("samples", defaults)[fairness.class]
	some share in fairness.shares
	share.name in judged
	samples := field.value(share, ["samples"], 0)
	samples < least
	message := sprintf(
		"%s of %s `%s` rests on %v samples, fewer than %v",
		[share.name, share.attribute, share.group, samples, least],
	)
}
