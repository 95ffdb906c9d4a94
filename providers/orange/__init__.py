"""Orange Money: three unrelated contracts of one company, one folder each, and what they share."""
