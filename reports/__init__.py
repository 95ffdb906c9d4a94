"""Reads, never writes: finance pages and exports."""
