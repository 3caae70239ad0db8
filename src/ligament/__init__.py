"""Ligament keeps a practice-management system and its accounting books the same."""

__version__ = "0.1.0"
