"""Moov Money: several platforms under one name, asked by a prompt on the phone and heard of only by asking."""
