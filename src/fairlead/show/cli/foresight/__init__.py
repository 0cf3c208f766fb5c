"""Foresight on the command line: `fairlead anomalies`, `fairlead forecast` and `fairlead scale`."""
