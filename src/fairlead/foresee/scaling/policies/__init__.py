"""Ways to order replicas, one file each, behind the protocol of `base`."""
