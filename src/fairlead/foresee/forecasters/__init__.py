"""Ways to forecast, one file each, behind the protocol of `base`."""
