# METADATA
# title: Health information is declared, with its identifiers
# description: >-
#   Which of the 18 identifiers are in the data decides whether it is protected health information at all, and what it
#   takes to take them out.
# custom:
#   severity: high
#   mend: List the identifiers under `privacy.health.identifiers`, by the names that the rule knows.
#   reference: 45 CFR 160.103 and 164.514(b)(2)(i)
#   reads:
#     - spec.privacy.health.identifiers
#     - spec.data
#   subjects: [Model]
#   parameters:
#     identifiers:
#       description: The identifiers of 45 CFR 164.514(b)(2)(i)(A) to (R), by short names.
#       default:
#         - name
#         - geography
#         - date
#         - phone
#         - fax
#         - email
#         - ssn
#         - mrn
#         - health-plan
#         - account
#         - licence
#         - vehicle
#         - device
#         - url
#         - ip-address
#         - biometric
#         - photo
#         - other-unique
package fairlead.privacy_hipaa.phi_tags

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.personal

defaults := {"identifiers": [
	"name",
	"geography",
	"date",
	"phone",
	"fax",
	"email",
	"ssn",
	"mrn",
	"health-plan",
	"account",
	"licence",
	"vehicle",
	"device",
	"url",
	"ip-address",
	"biometric",
	"photo",
	"other-unique",
]}

place := ["spec", "privacy", "health", "identifiers"]

identifiers := field.value(personal.health, ["identifiers"], [])

violation contains finding.broken(message, ["spec", "data", index, "tags"]) if {
	personal.health == {}
	some index in personal.phi
	name := field.value(personal.sets[index], ["name"], "")
	message := sprintf("data set `%s` is tagged phi, but nothing is said under privacy.health", [name])
}

violation contains finding.broken("health information is processed, but its identifiers are not listed", place) if {
	personal.health != {}
	count(identifiers) == 0
}

violation contains finding.broken(message, array.concat(place, [index])) if {
	some index, name in identifiers
	known := field.parameter("identifiers", defaults)
	not name in known
	message := sprintf("`%s` is no identifier that is known; known are %s", [name, concat(", ", known)])
}
