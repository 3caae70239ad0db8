"""The seventh stage: compare both sides, and explain every difference."""
