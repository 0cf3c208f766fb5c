# METADATA
# title: No dependency is known to be vulnerable
# description: A server with a known hole hands over the model, its data and its customers' requests.
# custom:
#   severity: high
#   mend: Update the package to a version in which it is fixed, and lock it again.
#   reference: NIST SP 800-218 RV.1.1; OWASP Top 10 for LLM Applications 2025, LLM03 Supply Chain
#   reads:
#     - scan.vulnerabilities
#     - spec.serving
#   subjects: [Model]
#   parameters:
#     runtimes:
#       description: Runtimes whose packages the workspace chooses, and whose vulnerabilities must therefore be known.
#       default: [command]
#     severities:
#       description: Severities that block, in lower case; one that the database does not state is `unknown`.
#       default: [critical, high, unknown]
package fairlead.supply_chain.vulnerabilities

import data.lib.fairlead.field
import data.lib.fairlead.finding

defaults := {"runtimes": ["command"], "severities": ["critical", "high", "unknown"]}

place := ["spec", "serving", "dependencies"]

violation contains finding.mended(finding.unknown(message, place), mend) if {
	chosen
	field.value(field.subject, ["scan", "vulnerabilities"], null) == null
	message := "whether the server's packages are vulnerable is not known"
	mend := "Lock the packages in `serving.dependencies`, and name an OSV database in `policies.vulnerabilities`."
}

# Whether the workspace chooses the server's packages; those of its own runtimes fairlead brings.
chosen if field.said(field.value(field.subject, place, ""))

chosen if {
	runtime := field.value(field.subject, ["spec", "serving", "runtime"], "")
	runtime in field.parameter("runtimes", defaults)
}

violation contains finding.broken(message, place) if {
	some each in field.value(field.subject, ["scan", "vulnerabilities"], [])
	severity := lower(field.value(each, ["severity"], "unknown"))
	severity in field.parameter("severities", defaults)
	message := sprintf(
		"%s %s has %s (%s)%s",
		[named(each, "package"), named(each, "version"), named(each, "id"), severity, mended(each)],
	)
}

named(each, name) := field.value(each, [name], "?")

mended(each) := sprintf(", fixed in %s", [each.fixed]) if {
	field.said(field.value(each, ["fixed"], ""))
} else := ", for which there is no fixed version"
