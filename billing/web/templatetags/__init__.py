"""Tags for templates that show payments."""
