# METADATA
# title: The expected cost is within the budget
# description: A change that will cost more than was agreed is agreed anew before it is delivered, not after the bill.
# custom:
#   severity: high
#   mend: Take fewer replicas or smaller resources, or have the budget raised by those who pay.
#   reference: FinOps Framework, Budgeting
#   reads:
#     - plan.monthly
#     - spec.budget
#     - environment.budget
#   subjects: [Model]
package fairlead.finops.within_budget

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.money

holders := {
	"the model": ["spec", "budget", "monthly"],
	"the environment": ["environment", "budget", "monthly"],
}

place := ["spec", "serving", "resources"]

cost := money.amount(money.plan, ["monthly", "after"])

violation contains finding.broken(message, place) if {
	some holder, path in holders
	cost > money.amount(field.subject, path)
	amount := field.value(field.subject, path, "")
	message := sprintf(
		"expected are %s %s per month, more than the budget of %s, %s",
		[money.plan.monthly.after, money.currency, holder, amount],
	)
}

violation contains finding.unknown("whether the budget suffices is not known: the price is unknown", place) if {
	some _, path in holders
	money.amount(field.subject, path) >= 0
	not money.amount(money.plan, ["monthly", "after"])
}
