# METADATA
# title: A thousand inferences cost less than they may
# description: A model whose inferences cost more than customers pay for them loses money with each success.
# custom:
#   severity: medium
#   mend: Lower the cost of an inference (resources, batching, a smaller model), or have price or bound raised.
#   reference: FinOps Framework, Unit Economics
#   reads:
#     - plan.per1kInferences
#     - spec.plans
#   subjects: [Model]
#   parameters:
#     most:
#       description: >-
#         Most that a thousand inferences may cost, as text in the price book's currency; without it the lowest price
#         of `plans` is the bound, and without that there is none.
#       default: ''
package fairlead.finops.cost_per_thousand

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.money

defaults := {"most": ""}

place := ["spec", "plans"]

bounds contains to_number(most) if {
	most := field.parameter("most", defaults)
	most != ""
}

bounds contains price if {
	field.parameter("most", defaults) == ""
	some offer in field.value(field.subject, place, [])
	price := money.amount(offer, ["per1kInferences"])
}

violation contains finding.broken(message, place) if {
	cost := money.amount(money.plan, ["per1kInferences", "after"])
	bound := min(bounds)
	cost > bound
	message := sprintf(
		"a thousand inferences are expected to cost %s %s, more than %v",
		[money.plan.per1kInferences.after, money.currency, bound],
	)
}

violation contains finding.mended(finding.unknown(message, place), mend) if {
	count(bounds) > 0
	not money.amount(money.plan, ["per1kInferences", "after"])
	message := "what a thousand inferences will cost is not known"
	mend := "Say in fairlead-usage.yaml how many requests a month are expected, under the model's name; give missing prices."
}
