# Pointers to models, and whether they always mean the same bytes.
package lib.fairlead.revision

import rego.v1

# A full commit id. A short one may come to mean two commits.
commit(text) if regex.match(`^[0-9a-f]{40}$`, text)

# Why a pointer may mean something else tomorrow. Undefined for pointers that stay, and for schemes not known here.
moving(uri) := "it names no commit of the repository" if {
	startswith(uri, "hf://")
	not regex.match(`^hf://[^@:]+[@:][0-9a-f]{40}$`, uri)
} else := "it names no digest of the image" if {
	startswith(uri, "oci://")
	not regex.match(`@sha256:[0-9a-f]{64}$`, uri)
} else := "it names an alias or a stage of the registry, not a version" if {
	startswith(uri, "models:/")
	not regex.match(`^models:/+[^/@]+/[0-9]+$`, uri)
}
