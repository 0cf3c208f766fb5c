"""The inner parts of a look: what Git says, what should run, and the steps that bring it about."""
