"""Messages and signed webhooks that leave the house."""
