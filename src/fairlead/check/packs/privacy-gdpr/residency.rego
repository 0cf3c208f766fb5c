# METADATA
# title: Data stays where it may be processed
# description: >-
#   A transfer to a third country needs a basis of its own; a model that is moved to another region takes the personal
#   data of its requests with it.
# custom:
#   severity: critical
#   mend: Run the model in an environment whose region is allowed, or have the transfer assessed and the region added.
#   reference: GDPR Art. 44 to 46
#   reads:
#     - spec.privacy.residency
#     - environment.region
#   subjects: [Model]
package fairlead.privacy_gdpr.residency

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.personal

place := ["spec", "privacy", "residency"]

allowed := field.value(personal.privacy, ["residency"], [])

region := field.value(field.subject, ["environment", "region"], "")

environment := field.value(field.subject, ["environment", "name"], "")

violation contains finding.mended(finding.unknown(message, place), mend) if {
	personal.data_processed
	count(allowed) == 0
	message := "where personal data may be processed is not stated"
	mend := "List the regions in `privacy.residency`."
}

violation contains finding.mended(finding.unknown(message, place), mend) if {
	personal.data_processed
	not field.said(region)
	mend := "Set `region` of the environment in fairlead.yaml."
	message := sprintf("environment `%s` does not say in which region it is", [environment])
}

violation contains finding.broken(message, place) if {
	personal.data_processed
	count(allowed) > 0
	field.said(region)
	not within
	message := sprintf(
		"environment `%s` is in `%s`, but personal data may be processed in %s only",
		[environment, region, concat(", ", allowed)],
	)
}

# `eu-*` means every region that begins so.
within if {
	some each in allowed
	each == region
}

within if {
	some each in allowed
	endswith(each, "*")
	startswith(region, trim_suffix(each, "*"))
}
