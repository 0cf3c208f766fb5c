"""Changes of cost, minutes after they began: found in the meter's windows, with kind, cause, commit and money."""
