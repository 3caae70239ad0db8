"""Stories a bookkeeper can read, run whole against both simulators."""
