"""Use cases of access: first start, signing in, users, tokens."""
