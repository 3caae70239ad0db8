"""Questions that only read."""
