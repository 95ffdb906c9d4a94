"""What readers did: sessions and daily facts."""
