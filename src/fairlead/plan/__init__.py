"""Desired minus observed is a plan, with its price. Pure: what it is told is all that it knows."""
