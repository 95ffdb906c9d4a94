"""The same sale of three lines through other Python ledgers, by their documented APIs, in a virtual environment apart.

These files run there, not here: they import nothing of Coko.
"""
