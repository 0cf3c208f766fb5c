# METADATA
# title: The impact was assessed
# description: >-
#   Where processing is likely to result in a high risk, as with special categories of data on a large scale, its impact
#   is assessed before it begins.
# custom:
#   severity: high
#   mend: Carry out the assessment and name its address in `privacy.dpia`.
#   reference: GDPR Art. 35(1) and 35(3)(b)
#   reads:
#     - spec.privacy.dpia
#     - spec.privacy.specialCategories
#     - spec.privacy.health
#     - spec.risk.class
#   subjects: [Model]
#   parameters:
#     classes:
#       description: Risk classes that need an assessment whatever the data; special categories always need one.
#       default: [high]
package fairlead.privacy_gdpr.dpia

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.personal

defaults := {"classes": ["high"]}

violation contains finding.broken(message, ["spec", "privacy", "dpia"]) if {
	personal.data_processed
	not field.said(field.value(personal.privacy, ["dpia"], ""))
	some reason in reasons
	message := sprintf("no data protection impact assessment is named, although %s", [reason])
}

reasons contains sprintf("the risk class is %s", [class]) if {
	class := field.value(field.subject, ["spec", "risk", "class"], "minimal")
	class in field.parameter("classes", defaults)
}

reasons contains "special categories of data are processed" if {
	count(field.value(personal.privacy, ["specialCategories"], [])) > 0
}

reasons contains "health data is processed" if personal.health_processed
