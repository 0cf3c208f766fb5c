"""Always-valid statistics: tests that may be looked at any time, on sums that one state or thousands of paths keep.

A state is a float array whose last axis is a test's own and whose other axes are independent paths: a rollout has
none of them, a benchmark ten thousand. Everything is additive over blocks of time, so that their order is immaterial.
Needs numpy; nothing of the start-up of the command line imports it.
"""
