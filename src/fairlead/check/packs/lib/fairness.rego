# Shares of groups, as `fairlead test` measures them, and how far they lie apart.
package lib.fairlead.fairness

import data.lib.fairlead.evidence
import data.lib.fairlead.field

# Where an outcome is measured, in model.yaml.
place := ["spec", "tests", "metrics"]

# The class that bounds are chosen by. A duty to be fair weighs like high risk.
class := "high" if {
	"fairness" in field.value(field.subject, ["spec", "risk", "duties"], [])
} else := field.value(field.subject, ["spec", "risk", "class"], "minimal")

# The shares of single groups; a comparison of all groups has no group of its own.
shares := [share |
	some share in field.value(evidence.found, ["groups"], [])
	field.value(share, ["group"], "") != ""
]

# What is compared: one attribute of one data set.
compared(name) := {{"attribute": share.attribute, "data": field.value(share, ["data"], "")} |
	some share in shares
	share.name == name
}

# The groups' shares that rest on enough samples.
sound(name, subject, samples) := [share |
	some share in shares
	share.name == name
	share.attribute == subject.attribute
	field.value(share, ["data"], "") == subject.data
	field.value(share, ["samples"], 0) >= samples
]

# Least and greatest share, with their groups: {"least": share, "greatest": share}.
extremes(found) := {"least": least, "greatest": greatest} if {
	count(found) > 1
	values := [share.value | some share in found]
	least := [share | some share in found; share.value == min(values)][0]
	greatest := [share | some share in found; share.value == max(values)][0]
}

# Why the groups' shares of `name` cannot be compared, for every attribute of which that is so.
incomparable(name, samples) := {sprintf("%s of groups was not measured", [name])} if {
	count(compared(name)) == 0
} else := {message |
	some subject in compared(name)
	not extremes(sound(name, subject, samples))
	message := sprintf("%s of `%s` rests on fewer than two groups of enough samples", [name, subject.attribute])
}

# Where the groups' shares of `name` differ by more than `most`, in words.
apart(name, samples, most) := {message |
	some subject in compared(name)
	ends := extremes(sound(name, subject, samples))
	difference := ends.greatest.value - ends.least.value
	difference > most + rounding
	message := sprintf(
		"%s of %s `%s` and `%s` is %v apart, more than %v",
		[name, subject.attribute, ends.least.group, ends.greatest.group, shown(difference), most],
	)
}

# Three digits of a number, for people.
shown(number) := round(number * 1000) / 1000

# Shares are quotients: what lies on the bound is within it, in whatever way an engine rounds the last digit.
rounding := 0.000000001
