# METADATA
# title: The model was tested and passed
# description: Golden requests, schema and bounds were tried on these very bytes, and every one of them held.
# custom:
#   severity: high
#   mend: Run `fairlead test MODEL`, mend what fails and commit the evidence.
#   reference: EU AI Act, Art. 9(6) to (8); NIST AI RMF 1.0, MEASURE 2.3
#   reads:
#     - evidence
#     - lock.tree
#   subjects: [Model]
package fairlead.supply_chain.tested

import data.lib.fairlead.evidence
import data.lib.fairlead.field
import data.lib.fairlead.finding

checks := field.value(evidence.found, ["checks"], {})

violation contains finding.broken(message, ["spec", "tests"]) if {
	some name, passed in checks
	not passed
	message := sprintf("the test `%s` failed", [name])
}

violation contains finding.unknown(message, ["spec", "tests"]) if {
	message := sprintf("whether the model passes its tests is not known: %s", [evidence.weakness])
}

violation contains finding.unknown("the evidence holds no test at all", ["spec", "tests"]) if {
	not evidence.weakness
	count(checks) == 0
}
