# METADATA
# title: Health information is encrypted
# description: Encryption where it lies and on its way makes a loss of the medium no loss of the information.
# custom:
#   severity: critical
#   mend: Encrypt it, then set `privacy.health.encryptedAtRest` and `encryptedInTransit` to true.
#   reference: 45 CFR 164.312(a)(2)(iv) and 164.312(e)(2)(ii)
#   reads:
#     - spec.privacy.health.encryptedAtRest
#     - spec.privacy.health.encryptedInTransit
#   subjects: [Model]
package fairlead.privacy_hipaa.encryption

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.personal

ways := {"encryptedAtRest": "where it lies", "encryptedInTransit": "on its way"}

violation contains finding.broken(message, ["spec", "privacy", "health", name]) if {
	personal.health_processed
	some name, way in ways
	not field.value(personal.health, [name], false)
	message := sprintf("health information is not encrypted %s", [way])
}
