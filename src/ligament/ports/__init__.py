"""What the flow needs of the world, as protocols and five errors."""
