"""How facts travel between the databases."""
