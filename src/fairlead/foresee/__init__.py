"""Foresight: what a series did that it should not have done, what it will do, and what capacity that asks for.

The core is arithmetic over NumPy arrays and knows no store, clock or page; flows hand it series and render its rows.
Nothing here is imported on a request's path.
"""
