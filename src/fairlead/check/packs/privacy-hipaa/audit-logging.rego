# METADATA
# title: Access to health information is logged
# description: What systems with health information do is recorded and examined.
# custom:
#   severity: high
#   mend: Log each access, then set `privacy.health.auditLogging` to true.
#   reference: 45 CFR 164.312(b)
#   reads:
#     - spec.privacy.health.auditLogging
#   subjects: [Model]
package fairlead.privacy_hipaa.audit_logging

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.personal

place := ["spec", "privacy", "health", "auditLogging"]

violation contains finding.broken("access to health information is not logged", place) if {
	personal.health_processed
	not field.value(personal.health, ["auditLogging"], false)
}
