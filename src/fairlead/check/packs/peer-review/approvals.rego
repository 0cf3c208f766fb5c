# METADATA
# title: Others agreed
# description: >-
#   One person, or one stolen account, must not be able to bring a model to production alone. Only an approval that is
#   proven by a signature or by the review's host counts, once for each person, and never the author's own.
# custom:
#   severity: high
#   mend: Have somebody else approve, for example with `fairlead approve RELEASE`.
#   reference: SLSA v1.2, source track, two-party review; NIST SP 800-53 Rev. 5, AC-5 and CM-3
#   reads:
#     - approvals
#     - commit.email
#     - environment.approvals
#   subjects: [Model]
#   parameters:
#     least:
#       description: Least number of approvers; where workspace or environment ask for more, that holds.
#       default: 1
package fairlead.peer_review.approvals

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.review

defaults := {"least": 1}

wanted := max([
	field.parameter("least", defaults),
	field.value(review.approvals, ["required"], 0),
	field.value(field.subject, ["environment", "approvals"], 0),
])

violation contains finding.mended(finding.unknown(message, []), "Commit the change.") if {
	wanted > 0
	review.author == ""
	message := "who made the change is not known, so nobody can be somebody else"
}

violation contains finding.unknown("whether anybody approved is not known", []) if {
	wanted > 0
	review.approvals == {}
}

violation contains finding.mended(finding.broken(message, []), mend) if {
	review.author != ""
	review.approvals != {}
	count(review.approvers) < wanted
	message := sprintf("%d of %d approvals by others than the author are proven", [count(review.approvers), wanted])
	mend := sprintf("Have somebody else approve it: fairlead approve %s", [field.value(field.subject, ["release", "name"], "RELEASE")])
}
