"""Commands: arguments in, one use case called."""
