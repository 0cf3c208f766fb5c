"""The pages: each parses, calls one flow and renders HTML on the server. Nothing is loaded from anywhere else."""
