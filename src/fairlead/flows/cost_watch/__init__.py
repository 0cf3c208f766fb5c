"""Cost events in the loop: the meter's windows are watched, what is found is kept, told and acted upon, and judged."""
