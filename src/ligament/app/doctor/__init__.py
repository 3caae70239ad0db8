"""Use cases that check a clinic."""
