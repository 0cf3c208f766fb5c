# The shape of an answer: a message, and the field of the subject that it is about.
package lib.fairlead.finding

# The rule is broken.
broken(message, field) := {"msg": message, "details": {"field": field}}

# Nothing is known that the rule could be judged by. It blocks as well: what is not known is not fine.
unknown(message, field) := {"msg": message, "details": {"field": field, "verdict": "insufficient"}}

# An answer with a mend of its own, where that of the rule does not fit.
mended(answer, mend) := object.union(answer, {"details": {"mend": mend}})
