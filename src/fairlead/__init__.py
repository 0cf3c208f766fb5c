"""fairlead: one control plane for the life of AI models, from a commit to what it costs and whether it is right."""

__version__ = "0.1.0.dev0"
