"""Messages that leave."""
