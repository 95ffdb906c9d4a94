"""Pebble, a wallet that exists nowhere: a prompt on the phone, asked about by our reference."""
