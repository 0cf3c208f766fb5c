"""Providers' published price lists, one file for each provider: text in, prices out, nothing held in memory."""
