"""Pages: one file for each noun; the registry lists them."""
