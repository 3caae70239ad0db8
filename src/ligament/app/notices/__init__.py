"""Use cases about alerts and messages."""
