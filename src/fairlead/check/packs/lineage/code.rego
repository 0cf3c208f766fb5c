# METADATA
# title: The training code is named, with its commit
# description: A training can be repeated, and its mistakes found, only with the code that it ran with.
# custom:
#   severity: medium
#   mend: Set `provenance.code` to repository@commit, with all 40 digits of the commit.
#   reference: SLSA v1.0, provenance, resolvedDependencies; EU AI Act, Annex IV(2)(a)
#   reads:
#     - spec.provenance.code
#   subjects: [Model]
package fairlead.lineage.code

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.revision

place := ["spec", "provenance", "code"]

code := field.value(field.subject, place, "")

violation contains finding.unknown("the training code is not stated", place) if not field.said(code)

violation contains finding.broken(message, place) if {
	field.said(code)
	parts := split(code, "@")
	not revision.commit(parts[count(parts) - 1])
	message := sprintf("training code `%s` is named without a full commit id", [code])
}
