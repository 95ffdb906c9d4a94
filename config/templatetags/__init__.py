"""Template tags, loaded by name: packages below use them in templates and never import them."""
