"""Copies of a whole home, and putting them back."""
