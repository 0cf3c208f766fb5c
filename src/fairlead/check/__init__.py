"""The gate's own knowledge: what is wrong with the files of a model, without running any of them."""
