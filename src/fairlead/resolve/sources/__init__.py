"""Where artifacts come from: one file per scheme of `artifact.uri`, beside the protocol that they keep."""
