# METADATA
# title: The price is known
# description: What nobody can price, nobody has agreed to pay.
# custom:
#   severity: high
#   mend: Add the missing row to `priceBook` in fairlead.yaml.
#   reference: FinOps Framework, Planning & Estimating
#   reads:
#     - plan.monthly
#     - plan.unpriced
#   subjects: [Model]
package fairlead.finops.price_known

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.money

place := ["spec", "serving", "resources"]

violation contains finding.unknown(message, place) if {
	some name in field.value(money.plan, ["unpriced"], [])
	message := sprintf("there is no price for %s", [name])
}

violation contains finding.unknown("what the model will cost per month is not known", place) if {
	count(field.value(money.plan, ["unpriced"], [])) == 0
	not money.amount(money.plan, ["monthly", "after"])
}
