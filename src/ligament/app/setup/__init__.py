"""Use cases of setting up."""
