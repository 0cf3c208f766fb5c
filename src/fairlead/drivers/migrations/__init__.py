"""Numbered steps of the state's schema. A released one is never edited; a change is a new number."""
