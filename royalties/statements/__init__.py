"""What the author receives; immutable, versioned."""
