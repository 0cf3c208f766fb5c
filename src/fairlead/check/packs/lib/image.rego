# References to container images, read as Docker reads them (github.com/distribution/reference).
package lib.fairlead.image

# Whether the reference holds a digest, so that it always means the same bytes.
pinned(reference) if regex.match(`@sha256:[0-9a-f]{64}$`, reference)

# The tag, or "" where there is none. A colon before the last slash belongs to a port.
tag(reference) := parts[1] if {
	parts := split(last(split(named(reference), "/")), ":")
	count(parts) > 1
} else := ""

# The image's name in full, without tag and digest: `nginx` is `docker.io/library/nginx`.
repository(reference) := name if {
	hosted(untagged(reference))
	name := untagged(reference)
} else := concat("/", ["docker.io", untagged(reference)]) if {
	contains(untagged(reference), "/")
} else := concat("/", ["docker.io/library", untagged(reference)])

named(reference) := split(reference, "@")[0]

untagged(reference) := named(reference) if {
	tag(reference) == ""
} else := trim_suffix(named(reference), concat("", [":", tag(reference)]))

hosted(name) if {
	parts := split(name, "/")
	count(parts) > 1
	regex.match(`[.:]|^localhost$`, parts[0])
}

last(parts) := parts[count(parts) - 1]
