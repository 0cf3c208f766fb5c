# METADATA
# title: The artifact is pinned by digest
# description: >-
#   Without a lock that holds the sha256 of every file, nobody can say which bytes were checked and which ones run.
# custom:
#   severity: critical
#   mend: Run `fairlead lock MODEL` and commit model.lock beside model.yaml.
#   reference: SLSA v1.0, provenance, resolvedDependencies; NIST SP 800-218 PS.3.2
#   reads:
#     - lock
#     - spec.artifact.uri
#   subjects: [Model]
package fairlead.baseline.locked

import data.lib.fairlead.field
import data.lib.fairlead.finding

artifact := ["spec", "artifact", "uri"]

uri := field.value(field.subject, artifact, "")

lock := field.value(field.subject, ["lock"], null)

violation contains finding.unknown("no lock says which bytes this model is", artifact) if lock == null

violation contains finding.broken(message, artifact) if {
	lock != null
	pinned := field.value(lock, ["uri"], "")
	pinned != uri
	message := sprintf("the lock is for `%s`, but the model points to `%s`", [pinned, uri])
}

violation contains finding.broken("the lock holds no file", artifact) if {
	lock != null
	count(field.value(lock, ["files"], [])) == 0
}

violation contains finding.broken(message, artifact) if {
	some file in field.value(lock, ["files"], [])
	not regex.match(`^[0-9a-f]{64}$`, field.value(file, ["sha256"], ""))
	message := sprintf("the lock holds no sha256 of `%s`", [field.value(file, ["path"], "")])
}
