# How far the evidence about a model can be relied on.
package lib.fairlead.evidence

import data.lib.fairlead.field

found := field.value(field.subject, ["evidence"], {})

# Why it cannot be relied on. Undefined where it can: measured by fairlead, on the bytes that the lock names.
weakness := "nothing was measured" if {
	found == {}
} else := "the numbers were typed in, not measured" if {
	found.standing == "claimed"
} else := "the numbers were measured on other bytes than those of the lock" if {
	found.standing == "stale"
} else := "nothing says how the numbers came about" if {
	field.value(found, ["standing"], "") != "measured"
} else := "no lock says which bytes the numbers are about" if {
	tree == ""
} else := "the numbers were measured on other bytes than those of the lock" if {
	field.value(found, ["lock"], "") != tree
}

tree := field.value(field.subject, ["lock", "tree"], "")
