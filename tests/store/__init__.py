"""What is kept, tried on both databases."""
