# METADATA
# title: The licence is allowed
# description: >-
#   A licence may forbid commercial use, bind what is built on the model, or ask for things that nobody promised. Which
#   ones are acceptable is decided once, not by whoever finds a model.
# custom:
#   severity: high
#   mend: Choose a model under a licence that is allowed, or have this one reviewed and added to `licences`.
#   reference: NIST AI RMF 1.0, GOVERN 6.1 and MAP 4.1
#   reads:
#     - spec.provenance.licence
#   subjects: [Model]
#   parameters:
#     licences:
#       description: Ids that are allowed, in lower case, of SPDX or the Hugging Face Hub.
#       default:
#         - 0bsd
#         - afl-3.0
#         - apache-2.0
#         - artistic-2.0
#         - bsd-2-clause
#         - bsd-3-clause
#         - bsd-3-clause-clear
#         - bsl-1.0
#         - cc-by-4.0
#         - cc0-1.0
#         - cdla-permissive-1.0
#         - cdla-permissive-2.0
#         - ecl-2.0
#         - isc
#         - mit
#         - ms-pl
#         - ncsa
#         - odc-by-1.0
#         - openmdw-1.0
#         - openmdw-1.1
#         - pddl-1.0
#         - postgresql
#         - unlicense
#         - zlib
package fairlead.baseline.licence

import data.lib.fairlead.field
import data.lib.fairlead.finding

defaults := {"licences": [
	"0bsd",
	"afl-3.0",
	"apache-2.0",
	"artistic-2.0",
	"bsd-2-clause",
	"bsd-3-clause",
	"bsd-3-clause-clear",
	"bsl-1.0",
	"cc-by-4.0",
	"cc0-1.0",
	"cdla-permissive-1.0",
	"cdla-permissive-2.0",
	"ecl-2.0",
	"isc",
	"mit",
	"ms-pl",
	"ncsa",
	"odc-by-1.0",
	"openmdw-1.0",
	"openmdw-1.1",
	"pddl-1.0",
	"postgresql",
	"unlicense",
	"zlib",
]}

place := ["spec", "provenance", "licence"]

licence := field.value(field.subject, ["licence"], {})

expression := field.value(licence, ["expression"], "")

violation contains finding.mended(finding.unknown(message, place), mend) if {
	not field.said(expression)
	message := "the licence is not stated"
	mend := "Set `provenance.licence` to the licence that the publisher grants."
}

violation contains finding.broken(message, place) if {
	field.said(expression)
	not valid
	message := sprintf("`%s` is no licence expression", [expression])
}

violation contains finding.broken(message, place) if {
	valid
	not acceptable
	count(unread) == 0
	message := sprintf("the licence `%s` is not allowed", [expression])
}

# `other` and `unknown` are ids of the Hub that say nothing; their terms stand in a text that no rule reads.
violation contains finding.unknown(message, place) if {
	valid
	not acceptable
	count(unread) > 0
	message := sprintf(
		"what `%s` allows, its id does not say; somebody has to read its text",
		[concat("`, `", unread)],
	)
}

unread := field.value(licence, ["unknown"], [])

valid if field.value(licence, ["valid"], false)

# What was allowed as it is written. Else, of licences joined by OR one choice suffices; of those joined by AND each one binds.
acceptable if lower(trim_space(expression)) in field.parameter("licences", defaults)

acceptable if {
	some choice in field.value(licence, ["alternatives"], [])
	count(choice) > 0
	every id in choice {
		id in field.parameter("licences", defaults)
	}
}
