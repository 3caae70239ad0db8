"""Reading what changed."""
