"""The meter joined with the world: what it is told of the machine, and what views ask of it."""
