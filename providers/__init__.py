"""How to talk to payment companies. Imports nothing of ours and no Django."""
