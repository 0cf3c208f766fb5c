"""The local target's data plane: servers under keepers, the model server, and the gateway in front of them."""
