"""The command line: one skin over the verbs of wiring."""
