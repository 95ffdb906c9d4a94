"""The books as text that other people's programs read and check. Each module writes one program's language."""
