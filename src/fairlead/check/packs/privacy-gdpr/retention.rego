# METADATA
# title: Retention is bounded
# description: Personal data is kept no longer than its purpose needs.
# custom:
#   severity: high
#   mend: Set `privacy.retention` to how long the data is kept, for example 365d, within what is allowed.
#   reference: GDPR Art. 5(1)(e)
#   reads:
#     - spec.privacy.retention
#   subjects: [Model]
#   parameters:
#     longestDays:
#       description: Longest retention in days; 0 is no bound. The regulation names none, so the default names none.
#       default: 0
package fairlead.privacy_gdpr.retention

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.personal

defaults := {"longestDays": 0}

place := ["spec", "privacy", "retention"]

retention := field.value(personal.privacy, ["retention"], "")

violation contains finding.broken("how long personal data is kept is not stated", place) if {
	personal.data_processed
	retention == ""
}

violation contains finding.broken(message, place) if {
	personal.data_processed
	longest := field.parameter("longestDays", defaults)
	longest > 0
	days(retention) > longest
	message := sprintf(
		"personal data is kept for %s, longer than the %v days that are allowed",
		[retention, longest],
	)
}

per_day := {"d": 1, "h": 24, "m": 1440, "s": 86400, "ms": 86400000}

days(duration) := to_number(trim_right(duration, "dhms")) / per_day[trim_left(duration, "0123456789")]
