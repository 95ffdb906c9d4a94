"""The rules by which books and reading pay authors. Pure: exact numbers in, exact numbers out.

Each calculation is a question (a frozen dataclass that holds everything the answer depends on) and a function that
answers it. `record` writes a question as JSON and reads it back, so that whoever holds the JSON can answer it again.
"""
