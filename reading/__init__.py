"""What readers did, and what they may open."""
