"""How long there is, and where to go next."""
