"""What people and tools are told: alerts, and subscriptions of other tools."""
