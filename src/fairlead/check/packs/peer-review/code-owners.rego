# METADATA
# title: The owners of what changed agreed
# description: Those who know a part and answer for it see each change of it.
# custom:
#   severity: high
#   mend: Have an owner of each of these paths approve.
#   reference: NIST SP 800-218 PS.1.1
#   reads:
#     - approvals.uncoveredPaths
#   subjects: [Model]
package fairlead.peer_review.code_owners

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.review

violation contains finding.broken(message, []) if {
	some path in field.value(review.approvals, ["uncoveredPaths"], [])
	message := sprintf("no owner of `%s` approved", [path])
}

violation contains finding.unknown("whether the owners approved is not known", []) if {
	not is_array(field.value(review.approvals, ["uncoveredPaths"], null))
}
