"""The made-up clinic."""
