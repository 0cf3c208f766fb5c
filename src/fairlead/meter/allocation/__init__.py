"""Bills and usage in, lines out: who is charged what, exactly."""
