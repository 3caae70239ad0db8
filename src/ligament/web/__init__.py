"""Pages and interfaces for browsers: the other skin over the verbs of wiring."""
