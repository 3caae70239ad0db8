"""HTTP manners, once for all systems: sessions, limits, patience and masking."""
