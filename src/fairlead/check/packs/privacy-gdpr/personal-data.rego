# METADATA
# title: Personal data is declared as such
# description: >-
#   Where data sets or categories say that personal data is processed and the model says that it is not, one of them is
#   wrong, and every duty that depends on it may have been missed.
# custom:
#   severity: high
#   mend: Set `privacy.personalData` to true, or correct the data sets.
#   reference: GDPR Art. 4(1) and Art. 5(2)
#   reads:
#     - spec.privacy
#     - spec.data
#   subjects: [Model]
package fairlead.privacy_gdpr.personal_data

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.personal

violation contains finding.broken(message, ["spec", "privacy", "personalData"]) if {
	personal.marked
	not field.value(personal.privacy, ["personalData"], false)
	message := "the model says that it processes no personal data, but its data sets or categories say otherwise"
}
