"""The accounts of the revised SYSCOHADA chart that Coko uses, and its journals. Pure; knows no Django.

A code that is not here cannot be posted to: adding an account is a decision somebody reads in this file.
"""

from dataclasses import dataclass
from enum import StrEnum


class UnknownAccountCode(Exception):
    """The code is not in our chart of accounts."""


class Side(StrEnum):
    """On which side an account of this kind usually stands."""

    DEBIT = "debit"
    CREDIT = "credit"


class Mode(StrEnum):
    """How postings to an account are kept apart from each other.

    *Authorise*: one balance row, locked by each posting, with limits and holds: what we owe to or hold for somebody.
    *Record*: many balance rows, of which a posting takes any; no limits, and nobody waits: clearing, income, tax.
    """

    AUTHORISE = "authorise"
    RECORD = "record"


STRIPES = 16  # balance rows of an account in record mode


@dataclass(frozen=True, slots=True)
class ChartAccount:
    code: str
    side: Side
    french: str
    english: str
    mode: Mode = Mode.RECORD
    floor_minor: int | None = None  # of new accounts, on their own side; None: no limit

    @property
    def stripes(self) -> int:
        return 1 if self.mode is Mode.AUTHORISE else STRIPES

    @property
    def group(self) -> str:
        """The chart's two-digit heading: 55 for 552."""
        return self.code[:2]


def _debit(code: str, french: str, english: str, mode: Mode = Mode.RECORD) -> ChartAccount:
    return ChartAccount(code, Side.DEBIT, french, english, mode)


def _credit(code: str, french: str, english: str, mode: Mode = Mode.RECORD, floor: int | None = None) -> ChartAccount:
    return ChartAccount(code, Side.CREDIT, french, english, mode, floor)


_ONE = Mode.AUTHORISE


_ALL = (
    # 4: people we owe, or who owe us
    _credit("4011", "Fournisseurs (auteurs, relevés émis)", "Suppliers (authors, statements issued)", _ONE, 0),
    _credit("4017", "Fournisseurs, retenues de garantie", "Suppliers, holdbacks", _ONE, 0),
    _credit(
        "4081", "Fournisseurs, factures non parvenues (auteurs)", "Suppliers, invoices not received (authors)", _ONE
    ),
    _debit("4091", "Fournisseurs, avances et acomptes versés", "Suppliers, advances paid", _ONE),
    _debit("4111", "Clients", "Customers"),
    _credit("4191", "Clients, avances et acomptes reçus", "Customers, advances received", _ONE, 0),
    _credit(
        "4198", "Clients, avoirs à accorder (remboursements dus)", "Customers, credits to grant (refunds due)", _ONE, 0
    ),
    _credit("4431", "État, TVA facturée sur ventes", "State, VAT charged on sales"),
    _credit("4432", "État, TVA facturée sur prestations de services", "State, VAT charged on services"),
    _credit("4441", "État, TVA due", "State, VAT due"),
    _debit("4449", "État, crédit de TVA à reporter", "State, VAT credit carried forward"),
    _debit("4454", "État, TVA récupérable sur services extérieurs", "State, VAT deductible on external services"),
    _credit("4471", "État, impôt général sur le revenu retenu", "State, general income tax withheld"),
    _credit("4478", "État, autres impôts et contributions retenus", "State, other taxes withheld"),
    _credit("4712", "Créditeurs divers (encaissements à identifier)", "Sundry creditors (unidentified receipts)", _ONE),
    _debit("476", "Charges constatées d’avance", "Expenses paid in advance"),
    _credit("477", "Produits constatés d’avance", "Income received in advance"),
    # 5: money
    _debit("521", "Banques locales", "Local banks"),
    _debit("552", "Monnaie électronique, téléphone portable", "Electronic money, mobile phone"),
    _debit("554", "Porte-monnaie électronique", "Electronic wallet"),
    _debit("585", "Virements de fonds", "Transfers in transit"),
    # 6: what it costs
    _debit("6315", "Commissions sur cartes", "Card commissions"),
    _debit("6317", "Frais sur instruments de monnaie électronique", "Fees on electronic money instruments"),
    _debit("6318", "Autres frais bancaires", "Other bank charges"),
    _debit("6346", "Redevances pour concessions, droits et similaires", "Royalties, concessions and similar rights"),
    _debit("656", "Pertes de change sur créances et dettes commerciales", "Exchange losses on trade items"),
    _debit("676", "Pertes de change financières", "Financial exchange losses"),
    # 7: what it brings
    _credit("7061", "Services vendus dans la région", "Services sold in the region"),
    _credit("7062", "Services vendus hors de la région", "Services sold outside the region"),
    _credit("7065", "Services vendus sur internet", "Services sold on the internet"),
    _debit("7069", "Rabais, remises et ristournes accordés", "Discounts granted"),
    _credit("7072", "Commissions et courtages", "Commissions and brokerage"),
    _credit("756", "Gains de change sur créances et dettes commerciales", "Exchange gains on trade items"),
    _credit("776", "Gains de change financiers", "Financial exchange gains"),
)

ACCOUNTS: dict[str, ChartAccount] = {account.code: account for account in _ALL}

# Journal code → name, French and English.
JOURNALS: dict[str, tuple[str, str]] = {
    "VT": ("Ventes", "Sales"),
    "BQ": ("Banque et monnaie électronique", "Banks and electronic money"),
    "RD": ("Redevances", "Royalties"),
    "OD": ("Opérations diverses", "General"),
}


# First digit of a code → the class's name, French and English; all nine, whichever we post to.
CLASSES: dict[str, tuple[str, str]] = {
    "1": ("Ressources durables", "Durable resources"),
    "2": ("Actif immobilisé", "Fixed assets"),
    "3": ("Stocks", "Inventories"),
    "4": ("Tiers", "Third parties"),
    "5": ("Trésorerie", "Cash and cash equivalents"),
    "6": ("Charges des activités ordinaires", "Expenses of ordinary activities"),
    "7": ("Produits des activités ordinaires", "Income from ordinary activities"),
    "8": ("Autres charges et autres produits", "Other expenses and other income"),
    "9": ("Engagements et comptabilité analytique", "Commitments and management accounts"),
}


def account(code: str) -> ChartAccount:
    """
    :raises UnknownAccountCode: not in the chart.
    """
    try:
        return ACCOUNTS[code]
    except KeyError:
        raise UnknownAccountCode(f"{code} is not in our chart of accounts") from None


def label(code: str, language: str = "fr") -> str:
    """The account's name; French for every language but English.

    :raises UnknownAccountCode: not in the chart.
    """
    found = account(code)
    return found.english if language.startswith("en") else found.french


def journal_name(code: str, language: str = "fr") -> str:
    """The journal's name; French for every language but English."""
    french, english = JOURNALS[code]
    return english if language.startswith("en") else french


def class_name(digit: str, language: str = "fr") -> str:
    """The name of the class that codes beginning with this digit are in; French for every language but English."""
    french, english = CLASSES[digit]
    return english if language.startswith("en") else french


def row(account: ChartAccount) -> dict[str, str | int | None]:
    """The account as the database keeps it (`ledger_chartaccount`)."""
    return {
        "code": account.code,
        "side": 1 if account.side is Side.DEBIT else -1,
        "stripes": account.stripes,
        "floor_minor": account.floor_minor,
        "french": account.french,
        "english": account.english,
    }
