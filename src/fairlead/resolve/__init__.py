"""The second stage: a pointer becomes pinned, verified bytes. What it means is written into the lock, once."""
