"""Other people's manifests and plans, read within bounds: what a repository without fairlead.yaml says that it runs."""
