# METADATA
# title: No budget has reached a threshold that shuts the gate
# description: >-
#   Of a budget that is nearly used up, what is left belongs to what runs already; who wants more agrees on it first.
# custom:
#   severity: high
#   mend: Lower the cost of what runs, wait for the next month, or have the budget or its thresholds raised by those who pay.
#   reference: FinOps Framework, Budgeting
#   reads:
#     - data.fairlead.ledger
#   subjects: [Model]
#   parameters:
#     landing:
#       description: Whether a month that will land beyond the budget counts as well, as far as that is known.
#       default: false
package fairlead.finops.budget_threshold

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.money

defaults := {"landing": false}

place := ["spec", "budget", "monthly"]

name := field.value(field.subject, ["metadata", "name"], "")

default budgets := {}

budgets := field.value(data.fairlead.ledger, ["budgets"], {}) if is_object(data.fairlead.ledger)

# The budgets that a release of this model spends of. A customer's is spent by all models, and shuts no gate.
accounts := {
	"model": field.value(budgets, ["models", name], {}),
	"environment": field.value(budgets, ["environments", money.environment], {}),
	"team": field.value(budgets, ["teams", field.value(budgets, ["teamOf", name], "")], {}),
}

violation contains finding.broken(message, place) if {
	some holder, account in accounts
	account.action in {"gate", "hold"}
	message := sprintf("the budget of the %s, %s %s: %s", [holder, account.budget, money.currency, account.reason])
}

# What was spent is not known whole: the threshold may be reached.
violation contains finding.unknown(message, place) if {
	some holder, account in accounts
	account.unknown != ""
	account.strongest in {"gate", "hold"}
	not account.action in {"gate", "hold"}
	message := sprintf("whether the budget of the %s suffices is not known: %s", [holder, account.unknown])
}

violation contains finding.broken(message, place) if {
	field.parameter("landing", defaults)
	some holder, account in accounts
	money.amount(account, ["landing"]) > money.amount(account, ["budget"])
	message := sprintf(
		"the month will land at %s %s, beyond the budget of the %s, %s",
		[account.landing, money.currency, holder, account.budget],
	)
}
