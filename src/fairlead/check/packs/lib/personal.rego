# Whether personal or health data is behind a model, by any sign of it.
package lib.fairlead.personal

import data.lib.fairlead.field

privacy := field.value(field.subject, ["spec", "privacy"], {})

sets := field.value(field.subject, ["spec", "data"], [])

data_processed if field.value(privacy, ["personalData"], false)

data_processed if marked

# A sign of personal data beside the plain statement.
marked if {
	some set in sets
	field.value(set, ["personalData"], false)
}

marked if {
	some name in ["categories", "specialCategories"]
	count(field.value(privacy, [name], [])) > 0
}

marked if health != {}

health := field.value(privacy, ["health"], {})

# Sets of data that are said to hold protected health information.
phi := {index |
	some index, set in sets
	some tag in field.value(set, ["tags"], [])
	lower(tag) == "phi"
}

health_processed if health != {}

health_processed if count(phi) > 0
