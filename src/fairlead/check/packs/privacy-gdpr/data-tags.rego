# METADATA
# title: Personal data sets say what is in them
# description: >-
#   Access, erasure and minimisation need to know which kinds of personal data lie where; and a data set that is tagged
#   with a personal kind is not anonymous.
# custom:
#   severity: medium
#   mend: Set `tags` of the data set to the kinds of data in it, and `personalData` to whether they are personal.
#   reference: GDPR Art. 5(1)(c) and Art. 30(1)(c)
#   reads:
#     - spec.data
#   subjects: [Model]
#   parameters:
#     personalTags:
#       description: Tags that mean personal data, in lower case.
#       default:
#         - address
#         - biometric
#         - birthdate
#         - device-id
#         - email
#         - ethnicity
#         - face
#         - genetic
#         - health
#         - iban
#         - ip-address
#         - location
#         - name
#         - personal
#         - phi
#         - phone
#         - pii
#         - religion
#         - ssn
#         - voice
package fairlead.privacy_gdpr.data_tags

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.personal

defaults := {"personalTags": [
	"address",
	"biometric",
	"birthdate",
	"device-id",
	"email",
	"ethnicity",
	"face",
	"genetic",
	"health",
	"iban",
	"ip-address",
	"location",
	"name",
	"personal",
	"phi",
	"phone",
	"pii",
	"religion",
	"ssn",
	"voice",
]}

violation contains finding.broken(message, ["spec", "data", index, "tags"]) if {
	some index, set in personal.sets
	field.value(set, ["personalData"], false)
	count(field.value(set, ["tags"], [])) == 0
	message := sprintf(
		"data set `%s` holds personal data, but does not say of which kind",
		[field.value(set, ["name"], "")],
	)
}

violation contains finding.broken(message, ["spec", "data", index, "personalData"]) if {
	some index, set in personal.sets
	not field.value(set, ["personalData"], false)
	some tag in field.value(set, ["tags"], [])
	lower(tag) in field.parameter("personalTags", defaults)
	message := sprintf(
		"data set `%s` is tagged `%s`, but said to hold no personal data",
		[field.value(set, ["name"], ""), tag],
	)
}
