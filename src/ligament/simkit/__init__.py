"""What every simulator shares: messages, hosting, faults and a seeded clinic."""
