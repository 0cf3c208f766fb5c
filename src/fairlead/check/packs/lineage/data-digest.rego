# METADATA
# title: Every data set is pinned by digest
# description: A data set that is known by its address alone may have changed since; nobody could tell.
# custom:
#   severity: high
#   mend: Set `sha256` of the data set.
#   reference: EU AI Act, Art. 10(2)(b); SLSA v1.0, provenance, resolvedDependencies
#   reads:
#     - spec.data
#   subjects: [Model]
package fairlead.lineage.data_digest

import data.lib.fairlead.field
import data.lib.fairlead.finding

violation contains finding.broken(message, ["spec", "data", index, "sha256"]) if {
	some index, set in field.value(field.subject, ["spec", "data"], [])
	not regex.match(`^[0-9a-f]{64}$`, field.value(set, ["sha256"], ""))
	message := sprintf("data set `%s` has no sha256", [field.value(set, ["name"], "")])
}
