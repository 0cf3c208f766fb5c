# METADATA
# title: The purpose is specified
# description: Personal data is collected for specified, explicit purposes, and not processed for others.
# custom:
#   severity: high
#   mend: Say in `privacy.purpose` what the data is processed for.
#   reference: GDPR Art. 5(1)(b)
#   reads:
#     - spec.privacy.purpose
#   subjects: [Model]
package fairlead.privacy_gdpr.purpose

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.personal

violation contains finding.broken(message, ["spec", "privacy", "purpose"]) if {
	personal.data_processed
	not field.said(field.value(personal.privacy, ["purpose"], ""))
	message := "personal data is processed for a purpose that is not stated"
}
