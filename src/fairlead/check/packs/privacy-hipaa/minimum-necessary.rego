# METADATA
# title: No more health information than necessary
# description: Use is limited to the least information that serves the purpose; somebody has to have asked what that is.
# custom:
#   severity: medium
#   mend: Say in `privacy.health.minimumNecessary` why no less data would do.
#   reference: 45 CFR 164.502(b) and 164.514(d)
#   reads:
#     - spec.privacy.health.minimumNecessary
#   subjects: [Model]
package fairlead.privacy_hipaa.minimum_necessary

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.personal

violation contains finding.broken(message, ["spec", "privacy", "health", "minimumNecessary"]) if {
	personal.health_processed
	not field.said(field.value(personal.health, ["minimumNecessary"], ""))
	message := "nobody says why no less health information would do"
}
