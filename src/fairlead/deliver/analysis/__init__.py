"""Judging a release against the old one: blocks of measures in, a verdict per metric out. Pure, and state is data."""
