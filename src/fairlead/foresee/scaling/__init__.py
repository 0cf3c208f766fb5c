"""Capacity before the spike: a replayable model of a scaled service, and the policies that order its replicas."""
