"""The scaler in the loop: what was measured, what was decided of it, what is kept, and what is told."""
