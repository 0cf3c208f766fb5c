# Amounts of money, which arrive as text so that no digit is lost on the way.
package lib.fairlead.money

import data.lib.fairlead.field

# The number at `path`. Undefined where there is none: a missing price is never zero.
amount(document, path) := to_number(text) if {
	text := field.value(document, path, "")
	text != ""
}

plan := field.value(field.subject, ["plan"], {})

currency := field.value(plan, ["currency"], "")

environment := field.value(field.subject, ["environment", "name"], "")
