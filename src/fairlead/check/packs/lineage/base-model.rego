# METADATA
# title: The base model is named, with its revision
# description: >-
#   A fine-tuned model inherits licence, bias and back doors of the model below it; they can be looked up only if that
#   model is known to the commit.
# custom:
#   severity: high
#   mend: Set `provenance.baseModel` to name@commit, or to `none` for a model that was trained from scratch.
#   reference: EU AI Act, Annex IV(2)(a); NIST AI RMF 1.0, MAP 4.1
#   reads:
#     - spec.provenance.baseModel
#   subjects: [Model]
#   parameters:
#     scratch:
#       description: Words that say that there is no base model.
#       default: [none]
package fairlead.lineage.base_model

import data.lib.fairlead.field
import data.lib.fairlead.finding

defaults := {"scratch": ["none"]}

place := ["spec", "provenance", "baseModel"]

base := field.value(field.subject, place, "")

violation contains finding.unknown("the base model is not stated", place) if not field.said(base)

violation contains finding.broken(message, place) if {
	field.said(base)
	not base in field.parameter("scratch", defaults)
	not regex.match(`@([0-9a-f]{40}|sha256:[0-9a-f]{64})$`, base)
	message := sprintf("base model `%s` is named without the commit or digest that it had", [base])
}
