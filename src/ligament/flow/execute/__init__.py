"""Applying an approved plan."""
