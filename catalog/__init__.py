"""What can be sold: works, editions, people, publishers."""
