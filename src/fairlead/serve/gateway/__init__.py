"""The gateway: a real Envoy, told by files what to serve, and kept by the same keeper as every server."""
