"""What each system said last."""
