"""How the API knows who calls: an API key, a JWT, or the session of a signed-in page."""
