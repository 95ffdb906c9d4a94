"""The books of a legal entity: journals, grand livre, balance générale. Each a table that streams.

Read the rows inside the ledger's `snapshot()`: then every book is of the same moment. Debits and credits are in columns
of their own; a balance (*solde*) is positive when it is a debit. Totals are by currency, never across.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum

from django.utils.timezone import localdate
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.ledger import chart
from billing.ledger import queries as ledger
from billing.ledger.facts import BalanceFact, PostingFact
from reports import holders
from reports.month import by_code
from reports.scope import Scope
from reports.table import Amount, Cell, Column, Kind, Row, Table

Name = Callable[[str], str]
Rows = Generator[Row, None, None]


class BookName(StrEnum):
    JOURNAL = "journal"
    GENERAL_LEDGER = "grand-livre"
    TRIAL_BALANCE = "balance"


@dataclass(frozen=True, slots=True)
class Book:
    name: BookName
    title: str
    scope: Scope
    tables: tuple[Table, ...]

    def close(self) -> None:
        """Let go of the ledger's cursors at once; the garbage collector might close one while a statement runs."""
        for table in self.tables:
            table.rows.close()


def title_of(name: BookName) -> str:
    """What the book is called, in the active language."""
    return {
        BookName.JOURNAL: _("Journaux"),
        BookName.GENERAL_LEDGER: _("Grand livre"),
        BookName.TRIAL_BALANCE: _("Balance générale"),
    }[name]


def book(name: BookName, scope: Scope) -> Book:
    """The book, not read yet: its tables read the ledger when their rows are taken."""
    tables = {
        BookName.JOURNAL: _journals,
        BookName.GENERAL_LEDGER: lambda asked: (_general_ledger(asked),),
        BookName.TRIAL_BALANCE: lambda asked: (_trial_balance(asked),),
    }[name](scope)
    return Book(name, title_of(name), scope, tables)


def account_label(code: str) -> str:
    """The account's name in the active language; a code outside the chart is its own name."""
    known = code in chart.ACCOUNTS
    return chart.label(code, get_language() or "fr") if known else code


# Journals


def _journals(scope: Scope) -> tuple[Table, ...]:
    language, name = get_language() or "fr", holders.naming()
    return tuple(
        Table(
            name=code,
            title=f"{_('Journal')} {code}, {chart.journal_name(code, language)}",
            columns=_journal_columns(),
            rows=_journal_rows(scope, code, name),
        )
        for code in chart.JOURNALS
    )


def _journal_columns() -> tuple[Column, ...]:
    return (
        Column(_("Journal"), 8),
        Column(_("Date"), 12, 17),
        Column(_("N°"), 6, 8),
        Column(_("Pièce"), 32, 47),
        Column(_("Compte"), 9, 12),
        Column(_("Intitulé"), 40, 52),
        Column(_("Tiers"), 28, 22),
        Column(_("Libellé"), 44, 60),
        Column(_("Devise"), 8, 11),
        Column(_("Débit"), 16, 19, is_amount=True),
        Column(_("Crédit"), 16, 19, is_amount=True),
        Column(_("Enregistrée le"), 14),
        Column(_("Écriture"), 32),
    )


def _journal_rows(scope: Scope, code: str, name: Name) -> Rows:
    entries = ledger.journal(
        entity=scope.entity, since=scope.since, until=scope.until, journal=code, known_at=scope.known_at
    )
    sums = _Sums()
    with closing(entries):
        for number, lines in enumerate(entries, start=1):
            for line in lines:
                debit, credit = sums.add(line)
                account, entry = line.account, line.entry
                yield Row(
                    Kind.LINE,
                    (
                        code, localdate(entry.happened_at), number, entry.source_ref, account.code,
                        account_label(account.code), name(account.holder), entry.description, account.currency,
                        debit, credit, localdate(entry.recorded_at), entry.id,
                    ),
                )  # fmt: skip
    for currency, debit, credit in sums.totals():
        yield Row(
            Kind.TOTAL,
            (code, None, None, None, None, _("Total du journal"), None, None, currency, debit, credit, None, None),
        )


# Grand livre


def _general_ledger(scope: Scope) -> Table:
    columns = (
        Column(_("Compte"), 9, 12),
        Column(_("Intitulé"), 40, 34, once=True),
        Column(_("Tiers"), 28, 22, once=True),
        Column(_("Date"), 12, 17),
        Column(_("Journal"), 9, 13),
        Column(_("Pièce"), 32, 47),
        Column(_("Libellé"), 44, 62),
        Column(_("Devise"), 8, 11),
        Column(_("Débit"), 16, 17, is_amount=True),
        Column(_("Crédit"), 16, 17, is_amount=True),
        Column(_("Solde"), 16, 17, is_amount=True),
        Column(_("Enregistrée le"), 14),
        Column(_("Écriture"), 32),
    )
    name = title_of(BookName.GENERAL_LEDGER)
    return Table(name=name, title=name, columns=columns, rows=_general_ledger_rows(scope, holders.naming()))


def _general_ledger_rows(scope: Scope, name: Name) -> Rows:
    sums = _Sums()
    accounts = ledger.general_ledger(entity=scope.entity, since=scope.since, until=scope.until, known_at=scope.known_at)
    with closing(accounts):
        for balance, lines in accounts:
            if balance.opening_minor or balance.debit_minor or balance.credit_minor:
                yield from _account_rows(balance, lines, name(balance.account.holder), sums)
    for currency, debit, credit in sums.totals():
        cells: tuple[Cell, ...] = (None, _("Total des mouvements"), None, None, None, None, None, currency)
        yield Row(Kind.TOTAL, (*cells, debit, credit, None, None, None))


def _account_rows(balance: BalanceFact, lines: Iterable[PostingFact], holder: str, sums: "_Sums") -> Rows:
    account = balance.account
    begun: tuple[Cell, ...] = (account.code, balance.label, holder)

    def money(minor: int) -> Amount:
        return Amount(minor, account.currency)

    opened: tuple[Cell, ...] = (*begun, None, None, None, _("Solde à l’ouverture"), account.currency, None, None)
    yield Row(Kind.OPENING, (*opened, money(balance.opening_minor), None, None))
    for line in lines:
        debit, credit = sums.add(line)
        entry = line.entry
        what: tuple[Cell, ...] = (localdate(entry.happened_at), entry.journal, entry.source_ref, entry.description)
        after = (money(line.balance_minor), localdate(entry.recorded_at), entry.id)
        yield Row(Kind.LINE, (*begun, *what, account.currency, debit, credit, *after))
    moved = (money(balance.debit_minor), money(balance.credit_minor), money(balance.closing_minor))
    closed: tuple[Cell, ...] = (*begun, None, None, None, _("Solde à la clôture"), account.currency)
    yield Row(Kind.CLOSING, (*closed, *moved, None, None))


# Balance générale


def _trial_balance(scope: Scope) -> Table:
    columns = (
        Column(_("Compte"), 9, 14),
        Column(_("Intitulé"), 44, 76),
        Column(_("Devise"), 8, 14),
        *(
            Column(name, 18, 27, is_amount=True)
            for name in (
                _("Ouverture, débit"), _("Ouverture, crédit"), _("Mouvements, débit"), _("Mouvements, crédit"),
                _("Clôture, débit"), _("Clôture, crédit"),
            )
        ),
    )  # fmt: skip
    name = title_of(BookName.TRIAL_BALANCE)
    return Table(name=name, title=name, columns=columns, rows=_trial_balance_rows(scope))


def _trial_balance_rows(scope: Scope) -> Rows:
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * 6)
    for balance in by_code(trial_balance(scope)):
        six = six_columns(balance)
        if not any(six):
            continue
        currency = balance.account.currency
        sums[currency] = [total + minor for total, minor in zip(sums[currency], six, strict=True)]
        amounts = (Amount(minor, currency) for minor in six)
        yield Row(Kind.LINE, (balance.account.code, balance.label, currency, *amounts))
    for currency, totals in sorted(sums.items()):
        yield Row(Kind.TOTAL, (None, _("Total"), currency, *(Amount(minor, currency) for minor in totals)))


def trial_balance(scope: Scope, *, codes: Collection[str] | None = None) -> tuple[BalanceFact, ...]:
    """Each account of the entity, or of some codes, with its holder, in order of code, holder and currency."""
    return ledger.trial_balance(
        entity=scope.entity, since=scope.since, until=scope.until, known_at=scope.known_at, codes=codes
    )


def six_columns(balance: BalanceFact) -> tuple[int, int, int, int, int, int]:
    """Opening, movements and closing, each as debit and credit, of which an opening or a closing has one."""
    opening, closing = balance.opening_minor, balance.closing_minor
    return (
        max(opening, 0), max(-opening, 0), balance.debit_minor, balance.credit_minor, max(closing, 0), max(-closing, 0),
    )  # fmt: skip


class _Sums:
    """Debits and credits seen so far, by currency."""

    def __init__(self) -> None:
        self._debits: dict[str, int] = defaultdict(int)
        self._credits: dict[str, int] = defaultdict(int)

    def add(self, line: PostingFact) -> tuple[Amount | None, Amount | None]:
        """Count a line; gives its two cells, of which one is empty."""
        minor, currency = line.amount_minor, line.account.currency
        if minor > 0:
            self._debits[currency] += minor
            return Amount(minor, currency), None
        self._credits[currency] -= minor
        return None, Amount(-minor, currency)

    def totals(self) -> Iterator[tuple[str, Amount, Amount]]:
        for currency in sorted({*self._debits, *self._credits}):
            yield currency, Amount(self._debits[currency], currency), Amount(self._credits[currency], currency)
