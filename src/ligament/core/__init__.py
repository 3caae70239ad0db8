"""The calculator: pure values and rules, no input, output, clock or randomness."""
