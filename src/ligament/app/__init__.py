"""Use cases: one function for each thing that a person or a tool can ask for."""
