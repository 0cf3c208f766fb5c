# METADATA
# title: No approval is stale
# description: Somebody agreed to an earlier state and has not said what they think of this one.
# custom:
#   severity: low
#   mend: Ask for the approval again.
#   reference: SLSA v1.2, source track, two-party review
#   reads:
#     - approvals.given
#   subjects: [Model]
package fairlead.peer_review.stale_approvals

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.review

violation contains finding.broken(message, []) if {
	some approval in review.given
	not review.fresh(approval)
	who := field.value(approval, ["approver"], "")
	not lower(who) in review.approvers
	message := sprintf("%s approved an earlier state, not this one", [who])
}

violation contains finding.unknown("whether approvals are stale is not known", []) if review.approvals == {}
