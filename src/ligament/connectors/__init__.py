"""One folder per outside system; removing one leaves the rest working."""
