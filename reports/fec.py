"""The entries of a legal entity in the eighteen columns of the French *fichier des écritures comptables* (FEC).

Columns and their order: livre des procédures fiscales, art. A47 A-1. No OHADA State asks for it; auditors and their
programs read it. What we put in each column: docs/books.md. Streams; the same ledger gives the same lines.

Debit and Credit are in the currency the entity keeps its books in. A line in another currency is converted at the
exact rate of its day, rounded once an entry so that debits still equal credits, and stands as it was in Montantdevise.
"""

import unicodedata
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from babel.numbers import get_territory_currencies
from django.utils.timezone import localdate

from billing.configuration import queries as configuration
from billing.configuration.facts import SellerFact
from billing.exchange import RateFact
from billing.ledger import chart
from billing.ledger import queries as ledger
from billing.ledger.facts import PostingFact
from billing.money import allocate, exponent
from reports import holders
from reports.scope import Scope

COLUMNS = (
    "JournalCode", "JournalLib", "EcritureNum", "EcritureDate", "CompteNum", "CompteLib", "CompAuxNum", "CompAuxLib",
    "PieceRef", "PieceDate", "EcritureLib", "Debit", "Credit", "EcritureLet", "DateLet", "ValidDate", "Montantdevise",
    "Idevise",
)  # fmt: skip
SOURCES = ("BCEAO", "BEAC", "ECB")  # of rates that are no parity by law, in order of preference
RATE_DAYS = 7  # how old a source's last published rate may be: it publishes on working days
_DECIMALS_MIN = 2  # readers of FEC expect two, also of a currency that has none


class NoBooksCurrency(Exception):
    """Nobody sells under that legal entity, so the currency of its books is unknown."""


@dataclass(frozen=True, slots=True)
class Keeper:
    """The legal entity whose books these are, as the law knows it."""

    seller: SellerFact
    currency: str

    @property
    def registration(self) -> str:
        """Its first legal number (NINEA, NCC, …) as letters and digits alone: what stands where a SIREN would."""
        first = next(iter(self.seller.legal_mentions.values()), self.seller.entity)
        plain = unicodedata.normalize("NFKD", first)
        return "".join(character for character in plain if character.isascii() and character.isalnum())


def keeper(scope: Scope) -> Keeper:
    """Who keeps the books, in the currency of its country on the last day.

    :raises NoBooksCurrency: see there.
    """
    try:
        seller = configuration.seller_of(entity=scope.entity, on=scope.last_day)
    except configuration.NoSeller as error:
        raise NoBooksCurrency(str(error)) from error
    currencies = get_territory_currencies(seller.country, scope.last_day)
    if not currencies:
        raise NoBooksCurrency(f"{seller.country} had no currency on {scope.last_day}")
    return Keeper(seller, currencies[0])


def file_name(scope: Scope, by: Keeper) -> str:
    """The name the law gives the file: `<number>FEC<last day>.txt`."""
    return f"{by.registration}FEC{scope.last_day:%Y%m%d}.txt"


def lines(scope: Scope, *, currency: str, separator: str = "|") -> Generator[str, None, None]:
    """The file's lines without their ends, names of columns first. Take them inside a `snapshot()`.

    :raises billing.configuration.queries.NoExchangeRate: a line in another currency has no rate near its day.
    """
    name = holders.naming()
    yield separator.join(COLUMNS)
    entries = ledger.journal(entity=scope.entity, since=scope.since, until=scope.until, known_at=scope.known_at)
    convert = conversion(currency)
    with closing(entries):  # also when a rate is missing: no cursor may wait for the garbage collector
        for number, entry_lines in enumerate(entries, start=1):
            for line, minor in zip(entry_lines, convert(entry_lines), strict=True):
                holder = name(line.account.holder)
                cells = _cells(line, number=number, minor=minor, currency=currency, holder=holder)
                yield separator.join(_plain(cell, separator) for cell in cells)


def _cells(line: PostingFact, *, number: int, minor: int, currency: str, holder: str) -> tuple[str, ...]:
    entry, account = line.entry, line.account
    foreign = account.currency != currency
    label = chart.label(account.code) if account.code in chart.ACCOUNTS else account.code
    return (
        entry.journal,
        chart.journal_name(entry.journal),
        str(number),
        _day(localdate(entry.happened_at)),
        account.code,
        label,
        account.holder,
        holder,
        entry.source_ref,
        _day(localdate(entry.late_from or entry.happened_at)),
        entry.description,
        decimal(minor if line.amount_minor > 0 else 0, currency),
        decimal(minor if line.amount_minor < 0 else 0, currency),
        "",
        "",
        _day(localdate(entry.recorded_at)),
        decimal(line.amount_minor, account.currency) if foreign else "",
        account.currency if foreign else "",
    )


def decimal(minor: int, currency: str) -> str:
    """`1500,00`, `-12,50`: a decimal comma, no thousands, at least two decimals."""
    places = exponent(currency)
    whole, rest = divmod(abs(minor), 10**places)
    decimals = f"{rest:0{places}}" if places else ""
    return f"{'-' if minor < 0 else ''}{whole},{decimals.ljust(_DECIMALS_MIN, '0')}"


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _plain(text: str, separator: str) -> str:
    """The text on one line and in one column, whatever it holds."""
    safe = "".join(character if character.isprintable() and character != separator else " " for character in text)
    return safe.strip()


def conversion(currency: str) -> Callable[[Sequence[PostingFact]], tuple[int, ...]]:
    """From an entry's lines to their amounts in the books' currency, without sign, in the same order."""

    @lru_cache(maxsize=4096)
    def rate(foreign: str, day: date) -> RateFact:
        return configuration.rate(
            base=foreign, quote=currency, on=day, source_preference=SOURCES, last_published_within_days=RATE_DAYS
        )

    def convert(entry_lines: Sequence[PostingFact]) -> tuple[int, ...]:
        amounts = {place: abs(line.amount_minor) for place, line in enumerate(entry_lines)}
        day = localdate(entry_lines[0].entry.happened_at)
        for foreign in sorted({line.account.currency for line in entry_lines} - {currency}):
            for side in (1, -1):
                own = {
                    place: abs(line.amount_minor)
                    for place, line in enumerate(entry_lines)
                    if line.account.currency == foreign and line.amount_minor * side > 0
                }
                # Both sides sum to the same in a currency: each side's sum, rounded once, is shared out.
                amounts |= allocate(rate(foreign, day).convert(sum(own.values())), own)
        return tuple(amounts[place] for place in range(len(entry_lines)))

    return convert
