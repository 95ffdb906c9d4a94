"""How a title or a name is written for searching, for sorting, and in an address. Pure.

PostgreSQL's `unaccent` is an extension that not every server has, so the plain spelling is kept beside the true one.
"""

import re
import unicodedata

# Letters that do not fall apart into a base letter and a mark.
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ŋ": "n", "ɓ": "b", "ɗ": "d", "ɛ": "e", "ɔ": "o", "ß": "ss"})
_NOT_A_WORD = re.compile(r"[\W_]+")
_SLUG_LENGTH = 80


def plain(text: str) -> str:
    """Lower case, without accents, marks or punctuation: «Œuvres d’Élisa» becomes `oeuvres d elisa`."""
    # Twice: some letters are upper case only once they are apart (𝑨), some fall apart only in lower case (İ).
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    without_marks = "".join(character for character in apart if not unicodedata.combining(character))
    return _NOT_A_WORD.sub(" ", without_marks.translate(_LETTERS)).strip()


def slug(text: str) -> str:
    """The text as a part of an address: ASCII words and hyphens. Empty when nothing of it is ASCII."""
    words = plain(text).encode("ascii", "ignore").decode().split()
    cut = "-".join(words)[:_SLUG_LENGTH]
    return cut.strip("-")
