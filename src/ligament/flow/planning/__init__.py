"""How a plan is made: contacts first, then documents, then the money on them."""
