# The shape of an answer: a message, and the field of the subject that it is about.
package lib.fairlead.finding

# The rule is broken.
broken(message, field) := {"msg": message, "details": {"field": field}}

# Nothing is known that the rule could be judged by. It blocks as well: what is not known is not fine.
unknown(message, field) := {"msg": message, "details": {"field": field, "verdict": "insufficient"}}
