"""Use cases, on simulated systems under the real clients."""
