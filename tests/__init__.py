"""Tests of the whole; each connector keeps its own beside it."""
