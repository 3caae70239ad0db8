"""Tests of the clinic's own rules."""
