# METADATA
# title: Fairness is measured, on these bytes, lately
# description: >-
#   A number that somebody typed, or that belongs to other bytes or to last year's world, says nothing about the model
#   that is about to decide over people.
# custom:
#   severity: high
#   mend: Run `fairlead test MODEL` on the locked artifact and commit the evidence.
#   reference: EU AI Act, Art. 15(1) and Annex IV(2)(g); NIST AI RMF 1.0, MEASURE 2.11
#   reads:
#     - evidence
#     - lock.tree
#     - data.fairlead.now
#   subjects: [Model]
#   parameters:
#     classes:
#       description: Risk classes that need evidence. The duty `fairness` counts as high.
#       default: [high]
#     longestDays:
#       description: Oldest evidence in days; half a year is fairlead's choice, no regulation's.
#       default: 180
package fairlead.fairness.evidence

import data.lib.fairlead.evidence
import data.lib.fairlead.fairness
import data.lib.fairlead.field
import data.lib.fairlead.finding

defaults := {"classes": ["high"], "longestDays": 180}

judged if fairness.class in field.parameter("classes", defaults)

violation contains finding.unknown(message, ["spec", "tests"]) if {
	judged
	message := sprintf("fairness is not known: %s", [evidence.weakness])
}

violation contains finding.unknown("how old the evidence is cannot be told", ["spec", "tests"]) if {
	judged
	not evidence.weakness
	not dated
}

violation contains finding.unknown(message, ["spec", "tests"]) if {
	judged
	not evidence.weakness
	dated
	longest := field.parameter("longestDays", defaults)
	time.parse_rfc3339_ns(now) - time.parse_rfc3339_ns(when) > ((longest * 86400) * 1000) * 1000000
	message := sprintf("the evidence is of %s, older than %v days", [substring(when, 0, 10), longest])
}

default now := ""

now := data.fairlead.now if is_string(data.fairlead.now)

when := field.value(evidence.found, ["when"], "")

dated if {
	every text in [now, when] {
		regex.match(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9]{2}:[0-9]{2})$`, text)
	}
}
