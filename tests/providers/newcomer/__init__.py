"""A provider nobody has: the smallest one that keeps every promise of the port. See `docs/add-a-provider.md`."""
