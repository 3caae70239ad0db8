"""What is kept: both mirrors, the links between them, the journal and the vault; vendors are unknown here."""
