"""Rollouts as the loop conducts them: measured, judged, and where they fail taken back in Git."""
