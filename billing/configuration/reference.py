"""The reference sheet's values as dated rows: markets, taxes, wallets. Pure data; every value carries its confidence.

Only *digital* sales are spoken of. Print exemptions are never assumed to cover files, so where the sheet does not know
better the standard rate stands, marked low. Sellers are a plain demo: no such company exists.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from billing.configuration.facts import SellerFact, TaxRateFact
from billing.configuration.values import route_value, seller_value, tax_value

BOOK_KINDS = ("ebook", "audio", "comic", "school")
PRODUCT_KINDS = (*BOOK_KINDS, "press")
_SINCE = date(2024, 1, 1)  # the year the rates were read; older sales are nobody's yet


@dataclass(frozen=True, slots=True)
class Row:
    """One row to be, see `models.BillingConfiguration`."""

    kind: str
    country: str
    subject: str
    value: Mapping[str, Any]
    legal_reference: str
    confidence: str
    valid_from: date = _SINCE

    def columns(self) -> dict[str, Any]:
        names = ("country", "subject", "value", "legal_reference", "confidence", "valid_from")
        return {name: getattr(self, name) for name in names}


# Sellers

_SENEGAL = SellerFact(
    entity="coko-sn",
    name="Coko Sénégal SA (démo)",
    address="Adresse fictive, Dakar, Sénégal",
    country="SN",
    legal_mentions={"NINEA": "démo 000000000", "RCCM": "SN-DKR-démo", "Régime": "réel (démo)"},
    invoice_prefix="SN",
    confidence="demo",
)
_IVORY_COAST = SellerFact(
    entity="coko-ci",
    name="Coko Côte d’Ivoire SARL (démo)",
    address="Adresse fictive, Abidjan, Côte d’Ivoire",
    country="CI",
    legal_mentions={"NCC": "démo 0000000 X", "RCCM": "CI-ABJ-démo", "Régime": "réel normal (démo)"},
    invoice_prefix="CI",
    confidence="demo",
)
# Where the platform has no company of its own, the Senegalese one sells from Dakar, at the customer's tax.
_SELLERS = {"CI": _IVORY_COAST} | dict.fromkeys(
    ("SN", "BJ", "BF", "ML", "TG", "NE", "GW", "CM", "GA", "CG", "FR"), _SENEGAL
)

# Taxes: country → (rates in percent, legal reference, confidence) for every digital product kind

_VAT = "TVA"
_STANDARD: dict[str, tuple[dict[str, str], str, str]] = {
    "SN": ({_VAT: "18"}, "TVA 18 %, services numériques : CGI du Sénégal, art. 355 bis (1er juillet 2024)", "high"),
    "CI": ({_VAT: "18"}, "TVA 18 %, taux normal, contenus numériques (Côte d’Ivoire ; annexe 2026 à revoir)", "medium"),
    "BJ": ({_VAT: "18"}, "TVA 18 %, taux normal (Bénin)", "low"),
    "BF": ({_VAT: "18"}, "TVA 18 %, taux normal (Burkina Faso)", "low"),
    "ML": ({_VAT: "18"}, "TVA 18 %, taux normal (Mali)", "low"),
    "TG": ({_VAT: "18"}, "TVA 18 %, taux normal (Togo)", "low"),
    "NE": ({_VAT: "19"}, "TVA 19 %, taux normal (Niger)", "low"),
    "GW": ({_VAT: "19"}, "TVA 19 %, taux normal (Guinée-Bissau)", "low"),
    "CM": ({_VAT: "17.5", "CAC": "1.75"}, "TVA 17,5 % et CAC de 10 % de la TVA (Cameroun)", "medium"),
    "GA": ({_VAT: "18", "CSS": "1"}, "TVA 18 % et CSS 1 % (Gabon)", "low"),
    "CG": ({_VAT: "18", "CA": "0.9"}, "TVA 18 % et centimes additionnels de 5 % de la TVA (Congo)", "low"),
}
_FRENCH_BOOKS = ({_VAT: "5.5"}, "TVA 5,5 %, livres sur tout support : CGI, art. 278-0 bis, A, 3°", "high")
_FRENCH_PRESS = ({_VAT: "2.1"}, "TVA 2,1 %, presse imprimée et en ligne : CGI, art. 298 septies", "medium")

# Wallets. Public tariffs are rare: what is not Wave's is a guess within what merchants report, marked low. The company
# of the country collects; where there is none, the Senegalese one.

_WAVE_FEE = Fraction(1, 100)
_GUESSED_FEE = Fraction(3, 200)
_GUESS = "Tarif non public : 1,5 % à confirmer au contrat"
# (market, wallet/currency, legal entity, order of preference)
_WALLETS = (
    ("SN", "wave/XOF", "coko-sn", 10),
    ("SN", "orange_sonatel/XOF", "coko-sn", 20),
    ("CI", "wave/XOF", "coko-ci", 10),
    ("CI", "orange/XOF", "coko-ci", 20),
    ("CI", "mtn/XOF", "coko-ci", 30),
    ("ML", "wave/XOF", "coko-sn", 10),
    ("ML", "orange/XOF", "coko-sn", 20),
    ("ML", "moov/XOF", "coko-sn", 30),
    ("BF", "moov/XOF", "coko-sn", 10),
    ("BJ", "mtn/XOF", "coko-sn", 10),
    ("BJ", "moov/XOF", "coko-sn", 20),
    ("CM", "mtn/XAF", "coko-sn", 10),
    ("CM", "orange_core/XAF", "coko-sn", 20),
)
_PAYS_NOTHING_OUT = frozenset({"orange/XOF"})  # Orange's Web Payment only collects


def _sellers() -> Iterator[Row]:
    for country, seller in _SELLERS.items():
        yield Row("seller", country, "", seller_value(seller), "Identité fictive de démonstration", seller.confidence)


def _tax_rules() -> Iterator[Row]:
    for country, rule in _STANDARD.items():
        for kind in PRODUCT_KINDS:
            yield _tax_row(country, kind, *rule)
    for kind in BOOK_KINDS:
        yield _tax_row("FR", kind, *_FRENCH_BOOKS)
    yield _tax_row("FR", "press", *_FRENCH_PRESS)


def _tax_row(country: str, kind: str, percents: Mapping[str, str], legal_reference: str, confidence: str) -> Row:
    rates = [TaxRateFact(code, Fraction(percent) / 100) for code, percent in percents.items()]
    since = date(2024, 7, 1) if country == "SN" else _SINCE
    return Row("tax_rule", country, f"{kind}/person", tax_value(rates), legal_reference, confidence, since)


def _routes() -> Iterator[Row]:
    for market, subject, entity, priority in _WALLETS:
        is_wave = subject.startswith("wave/")
        fee = _WAVE_FEE if is_wave else _GUESSED_FEE
        value = route_value(entity=entity, fee_rate=fee, enabled=True, priority=priority)
        tariff = "Tarif public de Wave : 1 % à l’encaissement" if is_wave else _GUESS
        yield Row("provider_route", market, subject, value, tariff, "medium" if is_wave else "low")
        if subject not in _PAYS_NOTHING_OUT:
            tariff = "Tarif de Wave : 1 % au versement, à confirmer" if is_wave else _GUESS
            yield Row("payout_route", market, subject, value, tariff, "low")


ROWS: tuple[Row, ...] = (*_sellers(), *_tax_rules(), *_routes())
