"""Use cases of setting up: the first clinic, connections, mapping."""
