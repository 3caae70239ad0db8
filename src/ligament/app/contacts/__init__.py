"""Use cases about contacts."""
