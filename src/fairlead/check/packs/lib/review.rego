# Who agreed to a change, and how it is known.
package lib.fairlead.review

import data.lib.fairlead.field

commit := field.value(field.subject, ["commit"], {})

author := lower(field.value(commit, ["email"], ""))

approvals := field.value(field.subject, ["approvals"], {})

given := field.value(approvals, ["given"], [])

# Addresses of those whose agreement holds for what is here now: proven, to this state, and by somebody else.
approvers := {who |
	some approval in given
	who := lower(field.value(approval, ["approver"], ""))
	who != ""
	who != author
	fresh(approval)
	field.value(approval, ["proof"], "") in ["signed-commit", "signed-tag", "signed-merge", "github-review", "signed-note"]
}

# Without a word about it an approval counts as stale.
fresh(approval) if field.value(approval, ["stale"], true) == false
