"""The chapters of the story, one file each: its question, and how it is told."""
