# METADATA
# title: The commit is signed
# description: Anybody can write any name into a commit; a signature says who made it.
# custom:
#   severity: medium
#   mend: Sign the commit with a key of the allowed signers (`git commit -S`).
#   reference: NIST SP 800-218 PS.1.1
#   reads:
#     - commit
#   subjects: [Model]
package fairlead.peer_review.signed_commit

import data.lib.fairlead.field
import data.lib.fairlead.finding
import data.lib.fairlead.review

short := substring(field.value(review.commit, ["id"], ""), 0, 12)

signer := lower(field.value(review.commit, ["signer"], ""))

violation contains finding.mended(finding.unknown(message, []), "Commit the change, signed.") if {
	review.commit == {}
	message := "which commit made the change is not known"
}

violation contains finding.broken(message, []) if {
	review.commit != {}
	not field.value(review.commit, ["signed"], false)
	message := sprintf("commit %s is not signed by an allowed signer", [short])
}

violation contains finding.broken(message, []) if {
	field.value(review.commit, ["signed"], false)
	signer != review.author
	message := sprintf("commit %s is by %s, but signed by %s", [short, review.author, signer])
}
