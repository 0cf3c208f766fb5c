# METADATA
# title: The artifact is signed
# description: A digest says that the bytes are the same; a signature says who vouches for them.
# custom:
#   severity: high
#   mend: Have the publisher sign the model (OpenSSF model signing), and name the key in `policies.signatures.keys`.
#   reference: OpenSSF Model Signing v1.0; NIST SP 800-218 PS.2.1
#   reads:
#     - scan.signature
#   subjects: [Model]
#   parameters:
#     signers:
#       description: Signers that are accepted; without any, each whose key the workspace believes.
#       default: []
package fairlead.supply_chain.signature

import data.lib.fairlead.field
import data.lib.fairlead.finding

defaults := {"signers": []}

place := ["spec", "artifact", "uri"]

signature := field.value(field.subject, ["scan", "signature"], {})

signer := field.value(signature, ["signer"], "")

present := field.value(signature, ["present"], false)

valid := field.value(signature, ["valid"], false)

violation contains finding.mended(finding.unknown(message, place), mend) if {
	signature == {}
	message := "whether the artifact is signed is not known"
	mend := "Name the public keys that are believed in `policies.signatures.keys`."
}

violation contains finding.broken("the artifact is not signed", place) if {
	signature != {}
	not present
}

violation contains finding.broken("the signature does not fit the artifact, or no believed key made it", place) if {
	present
	not valid
}

violation contains finding.broken(message, place) if {
	present
	valid
	accepted := field.parameter("signers", defaults)
	count(accepted) > 0
	not signer in accepted
	message := sprintf("the artifact is signed by `%s`, who is not accepted", [signer])
}
