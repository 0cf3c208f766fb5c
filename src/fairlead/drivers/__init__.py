"""The world, one file per thing. Each driver implements a port; none knows another."""
