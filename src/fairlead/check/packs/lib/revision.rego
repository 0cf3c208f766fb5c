# Pointers to models, and whether they always mean the same bytes.
package lib.fairlead.revision

# A full commit id. A short one may come to mean two commits.
commit(text) if regex.match(`^[0-9a-f]{40}$`, text)

# Pointers that stay, by scheme.
fixed := {
	"hf": `^hf://[^@:]+[@:][0-9a-f]{40}$`,
	"models": `^models:/+[^/@]+/[0-9]+$`,
	"oci": `@sha256:[0-9a-f]{64}$`,
}

# What is said of one that does not.
lacks := {
	"hf": "it names no commit of the repository",
	"models": "it names an alias or a stage of the registry, not a version",
	"oci": "it names no digest of the image",
}

scheme(uri) := split(uri, ":")[0]

# Whether a pointer always means the same bytes. Undefined for schemes that have no way to say so.
stays(uri) := regex.match(fixed[scheme(uri)], uri)
