# Reading what may be absent. In documents from YAML and JSON, `null` says as little as a missing key.
package lib.fairlead.field

# What stands at `path` of `document`; `otherwise` where nothing or null stands, or, with a text, a list or an object
# for `otherwise`, something of another type: engines differ in what they make of that.
value(document, path, otherwise) := found if {
	is_object(document)
	found := object.get(document, path, null)
	type_name(found) == type_name(otherwise)
} else := found if {
	type_name(otherwise) in ["null", "number"]
	is_object(document)
	found := object.get(document, path, null)
	found != null
} else := otherwise

# The subject under review.
subject := value(input, ["review", "object"], {})

# A parameter of the rule, or its default where whoever evaluates the rule merges none in (Gatekeeper).
parameter(name, defaults) := found if {
	found := object.get(input, ["parameters", name], null)
	found != null
} else := defaults[name]

# Whether there is something to read in a text.
said(text) if {
	is_string(text)
	trim_space(text) != ""
}
