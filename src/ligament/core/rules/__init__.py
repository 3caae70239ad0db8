"""The rulebook: its model, how text becomes one, and how it decides."""
