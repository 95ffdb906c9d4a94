"""Amounts in words, in French and in English, as they close an invoice. Pure.

French follows the traditional spelling (`soixante et onze`, `quatre-vingts`, `deux cents`, `mille` without s); English
follows British use (`one hundred and one`).
"""

from billing.money import exponent

_FRENCH_SMALL = (
    *("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze"),
    *("treize", "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf"),
)
_FRENCH_TENS = (
    *("", "", "vingt", "trente", "quarante", "cinquante"),
    *("soixante", "soixante", "quatre-vingt", "quatre-vingt"),
)
_FRENCH_LARGE = ((10**12, "billion"), (10**9, "milliard"), (10**6, "million"))

_ENGLISH_SMALL = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_ENGLISH_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ENGLISH_LARGE = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"), (1000, "thousand"))

_LIMIT = 10**15

# currency → language → (one unit, several units, one part, several parts); the parts of others stay digits
_NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "XOF": {"fr": ("franc CFA", "francs CFA"), "en": ("CFA franc", "CFA francs")},
    "XAF": {"fr": ("franc CFA", "francs CFA"), "en": ("CFA franc", "CFA francs")},
    "EUR": {"fr": ("euro", "euros", "centime", "centimes"), "en": ("euro", "euros", "cent", "cents")},
    "USD": {"fr": ("dollar", "dollars", "cent", "cents"), "en": ("dollar", "dollars", "cent", "cents")},
}


class BeyondWords(ValueError):
    """The number is negative, or too large to be read by anybody."""


def spell(number: int, language: str) -> str:
    """A whole number in words; French for `fr`, English otherwise.

    :raises BeyondWords: negative, or from 10^15 on.
    """
    if not 0 <= number < _LIMIT:
        raise BeyondWords(f"{number} is not from 0 to {_LIMIT - 1}")
    return _french(number) if language == "fr" else _english(number)


def amount(minor: int, currency: str, language: str) -> str:
    """An amount of minor units in words: `mille cinq cents francs CFA`, `twelve euros and fifty cents`.

    :raises BeyondWords: see `spell`.
    """
    language = "fr" if language == "fr" else "en"
    scale = 10 ** exponent(currency)
    whole, part = divmod(minor, scale)
    names = _NAMES.get(currency, {}).get(language, (currency, currency))
    text = f"{spell(whole, language)} {_of(whole, language)}{_counted(whole, language, names[:2])}"
    if not part:
        return text
    joint = "et" if language == "fr" else "and"
    if len(names) < 4:
        return f"{text} {joint} {part}/{scale}"
    return f"{text} {joint} {spell(part, language)} {_counted(part, language, names[2:])}"


def _counted(count: int, language: str, names: tuple[str, ...]) -> str:
    """French counts zero and one in the singular, English only one."""
    single = count < 2 if language == "fr" else count == 1
    return names[0] if single else names[1]


def _of(whole: int, language: str) -> str:
    """`un million de francs`, but `un million deux cents francs`: round millions are nouns in French."""
    return "de " if language == "fr" and whole and whole % 10**6 == 0 else ""


def _french(number: int) -> str:
    words = []
    for value, name in _FRENCH_LARGE:
        count, number = divmod(number, value)
        if count:
            words += [_french_hundreds(count), name + ("s" if count > 1 else "")]
    thousands, number = divmod(number, 1000)
    if thousands > 1:
        words.append(_french_hundreds(thousands, before_mille=True))
    if thousands:
        words.append("mille")
    if number or not words:
        words.append(_french_hundreds(number))
    return " ".join(words)


def _french_hundreds(number: int, *, before_mille: bool = False) -> str:
    """0 to 999. `quatre-vingts` and `deux cents` lose their s before another numeral, and `mille` is one."""
    hundreds, rest = divmod(number, 100)
    words = []
    if hundreds > 1:
        words.append(_FRENCH_SMALL[hundreds])
    if hundreds:
        words.append("cents" if hundreds > 1 and not rest and not before_mille else "cent")
    if rest or not hundreds:
        words.append(_french_tens(rest, plural=not before_mille))
    return " ".join(words)


def _french_tens(number: int, *, plural: bool) -> str:
    """0 to 99. Seventies and nineties count on from sixty and eighty."""
    if number < 20:
        return _FRENCH_SMALL[number]
    tens, unit = divmod(number, 10)
    if tens in (7, 9):
        unit += 10
    name = _FRENCH_TENS[tens]
    if unit == 0:
        return "quatre-vingts" if tens == 8 and plural else name
    if unit in (1, 11) and tens < 8:
        return f"{name} et {_FRENCH_SMALL[unit]}"
    return f"{name}-{_FRENCH_SMALL[unit]}"


def _english(number: int) -> str:
    words = []
    for value, name in _ENGLISH_LARGE:
        count, number = divmod(number, value)
        if count:
            words.append(f"{_english_hundreds(count)} {name}")
    if number and words and number < 100:
        words.append("and")  # one thousand and one
    if number or not words:
        words.append(_english_hundreds(number))
    return " ".join(words)


def _english_hundreds(number: int) -> str:
    hundreds, rest = divmod(number, 100)
    words = [f"{_ENGLISH_SMALL[hundreds]} hundred"] if hundreds else []
    if rest and hundreds:
        words.append("and")
    if rest or not hundreds:
        words.append(_english_tens(rest))
    return " ".join(words)


def _english_tens(number: int) -> str:
    if number < 20:
        return _ENGLISH_SMALL[number]
    tens, unit = divmod(number, 10)
    return f"{_ENGLISH_TENS[tens]}-{_ENGLISH_SMALL[unit]}" if unit else _ENGLISH_TENS[tens]
