"""What the documents promise to other programs."""
