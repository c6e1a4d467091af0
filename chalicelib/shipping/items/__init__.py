"""How the things of shipping are kept."""
