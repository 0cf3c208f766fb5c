# METADATA
# title: Some of the budget is left
# description: A budget that is spent already leaves nothing for one more release this month.
# custom:
#   severity: high
#   mend: Wait for the next month, lower the cost of what runs, or have the budget raised by those who pay.
#   reference: FinOps Framework, Budgeting
#   reads:
#     - data.fairlead.ledger
#     - spec.budget
#     - environment.budget
#   subjects: [Model]
#   parameters:
#     leastShare:
#       description: Share of the monthly budget that must be left, from 0 to 1; 0 means more than nothing.
#       default: 0
package fairlead.finops.budget_left

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.money

defaults := {"leastShare": 0}

place := ["spec", "budget", "monthly"]

name := field.value(field.subject, ["metadata", "name"], "")

default ledger := {}

ledger := data.fairlead.ledger if is_object(data.fairlead.ledger)

# Whose budgets they are, and what the ledger says of them.
accounts := {
	"model": field.value(ledger, ["models", name, money.environment], {}),
	"environment": field.value(ledger, ["environments", money.environment], {}),
}

violation contains finding.mended(finding.unknown(message, place), mend) if {
	budgeted
	ledger == {}
	message := "no ledger says what was spent"
	mend := "Check where the control plane's ledger is at hand, or set this rule to `warn` elsewhere."
}

# The place of a budget that is declared somewhere else is the model that wants to spend it.
violation contains finding.broken(message, place) if {
	some holder, account in accounts
	budget := money.amount(account, ["budget"])
	left := money.amount(account, ["left"])
	left <= budget * field.parameter("leastShare", defaults)
	message := sprintf(
		"of the budget of the %s, %s %s, only %s is left",
		[holder, account.budget, money.currency, account.left],
	)
}

violation contains finding.unknown(message, place) if {
	some holder, account in accounts
	money.amount(account, ["budget"]) >= 0
	not money.amount(account, ["left"])
	message := sprintf("the ledger does not say what is left of the budget of the %s", [holder])
}

budgeted if field.value(field.subject, place, "") != ""

budgeted if field.value(field.subject, ["environment", "budget", "monthly"], "") != ""
