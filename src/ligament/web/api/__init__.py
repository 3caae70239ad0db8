"""The interface for other tools: one file for each resource, all described by one list of calls."""
