"""Planning of contacts."""
