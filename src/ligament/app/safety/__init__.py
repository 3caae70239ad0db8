"""Use cases about backup, restore and the vault."""
