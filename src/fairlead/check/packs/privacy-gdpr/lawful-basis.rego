# METADATA
# title: There is a lawful basis
# description: Processing of personal data is lawful only on one of the six bases of Article 6(1).
# custom:
#   severity: critical
#   mend: Set `privacy.lawfulBasis` to the basis that was established.
#   reference: GDPR Art. 6(1)
#   reads:
#     - spec.privacy.lawfulBasis
#   subjects: [Model]
#   parameters:
#     bases:
#       description: Bases that are accepted.
#       default: [consent, contract, legal-obligation, vital-interests, public-task, legitimate-interests]
package fairlead.privacy_gdpr.lawful_basis

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.personal

defaults := {"bases": [
	"consent",
	"contract",
	"legal-obligation",
	"vital-interests",
	"public-task",
	"legitimate-interests",
]}

place := ["spec", "privacy", "lawfulBasis"]

basis := field.value(personal.privacy, ["lawfulBasis"], "")

violation contains finding.broken("personal data is processed without a lawful basis", place) if {
	personal.data_processed
	basis == ""
}

violation contains finding.broken(message, place) if {
	personal.data_processed
	basis != ""
	not basis in field.parameter("bases", defaults)
	message := sprintf("`%s` is no lawful basis that is accepted here", [basis])
}
