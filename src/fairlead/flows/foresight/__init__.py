"""Foresight's verbs: judge series for anomalies, forecast them, and replay a scaled service over a trace."""
