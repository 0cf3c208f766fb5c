"""The frozen nouns of the product. No input, no output; everything above speaks in these."""
