"""Doubles that live in memory, and the promises that every implementation of a port must keep.

Shipped, so that a plug-in's author tests against the same suites. Needs nothing but fairlead itself; the suites are
classes whose tests pytest collects when a subclass says how its subject is made.
"""
