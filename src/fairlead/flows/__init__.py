"""One file per verb of the user; here, and nowhere else, the stages meet."""
