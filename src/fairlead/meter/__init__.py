"""From the gateway's log and CPU readings to usage records and exact cost lines."""
