# METADATA
# title: The server's packages are locked
# description: A server that a command starts runs on whatever is installed, unless its packages are written down.
# custom:
#   severity: medium
#   mend: Set `serving.dependencies` to the lock file of the packages, for example requirements.txt.
#   reference: SLSA v1.0, provenance, resolvedDependencies; NIST SP 800-218 PS.3.2
#   reads:
#     - spec.serving.dependencies
#     - spec.serving.runtime
#   subjects: [Model]
#   parameters:
#     runtimes:
#       description: Runtimes whose packages the workspace chooses; fairlead brings those of its own.
#       default: [command]
package fairlead.supply_chain.dependencies

import data.lib.fairlead.field
import data.lib.fairlead.finding

defaults := {"runtimes": ["command"]}

place := ["spec", "serving", "dependencies"]

violation contains finding.unknown(message, place) if {
	runtime := field.value(field.subject, ["spec", "serving", "runtime"], "")
	runtime in field.parameter("runtimes", defaults)
	not field.said(field.value(field.subject, place, ""))
	message := sprintf("runtime `%s` runs on packages that are not written down", [runtime])
}
