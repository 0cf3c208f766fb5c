"""A plan with its verdict becomes the world: steps are walked, targets do them."""
