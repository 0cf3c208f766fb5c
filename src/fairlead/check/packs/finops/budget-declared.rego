# METADATA
# title: There is a budget
# description: Without a budget nobody notices when a model costs more than it was meant to.
# custom:
#   severity: medium
#   mend: Set `budget.monthly` in model.yaml, or a budget of the environment in fairlead.yaml.
#   reference: FinOps Framework, Budgeting
#   reads:
#     - spec.budget
#     - environment.budget
#   subjects: [Model]
#   parameters:
#     own:
#       description: Whether the model needs a budget of its own, beside that of the environment.
#       default: false
package fairlead.finops.budget_declared

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.money

defaults := {"own": false}

place := ["spec", "budget", "monthly"]

own := field.value(field.subject, place, "") != ""

shared := field.value(field.subject, ["environment", "budget", "monthly"], "") != ""

violation contains finding.broken(message, place) if {
	not own
	not shared
	message := sprintf("neither the model nor environment `%s` has a budget", [money.environment])
}

violation contains finding.broken("the model has no budget of its own", place) if {
	field.parameter("own", defaults)
	not own
	shared
}
