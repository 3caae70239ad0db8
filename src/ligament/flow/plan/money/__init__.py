"""Planning of payments and allocations."""
