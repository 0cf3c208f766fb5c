"""What several stages need and what knows nothing of models: errors, money, time, digests, plug-ins."""
