"""Where releases run: the protocol in `base`, one member per file."""
