# METADATA
# title: There is a business associate agreement
# description: Whoever handles health information for a covered entity does so under a written agreement.
# custom:
#   severity: high
#   mend: Name the agreement in `privacy.health.agreement`, or say there why none is needed.
#   reference: 45 CFR 164.308(b)(1), 164.502(e) and 164.504(e)
#   reads:
#     - spec.privacy.health.agreement
#   subjects: [Model]
package fairlead.privacy_hipaa.agreement

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.personal

place := ["spec", "privacy", "health", "agreement"]

violation contains finding.broken("no business associate agreement is named", place) if {
	personal.health_processed
	not field.said(field.value(personal.health, ["agreement"], ""))
}
