"""Every account code this source names is in the chart, under the label the SYSCOHADA gives it."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from billing.ledger import chart
from billing.ledger.conversion import EXCHANGE

ROOT = Path(__file__).resolve().parents[3]
PACKAGES = ("billing", "royalties", "catalog", "reading", "reports")
CODE = re.compile(r"[1-8][0-9]{2,4}")

# The revised chart (AUDCIF, 2017) as far as we use it: number → words its label must have. Sub-accounts are of the
# class and heading their number says.
SYSCOHADA = {
    "4011": "fournisseurs",
    "4017": "retenues de garantie",
    "4081": "factures non parvenues",
    "4091": "avances et acomptes versés",
    "4111": "clients",
    "4191": "avances et acomptes reçus",
    "4198": "avoirs à accorder",
    "4431": "tva facturée sur ventes",
    "4432": "tva facturée sur prestations de services",
    "4441": "tva due",
    "4449": "crédit de tva à reporter",
    "4454": "tva récupérable sur services extérieurs",
    "4471": "impôt général sur le revenu",
    "4478": "autres impôts",
    "4712": "créditeurs divers",
    "476": "charges constatées d’avance",
    "477": "produits constatés d’avance",
    "521": "banques locales",
    "552": "monnaie électronique, téléphone portable",
    "554": "porte-monnaie électronique",
    "585": "virements de fonds",
    "6315": "commissions sur cartes",
    "6317": "frais sur instruments de monnaie électronique",
    "6318": "autres frais bancaires",
    "6346": "redevances pour concessions, droits et similaires",
    "656": "pertes de change sur créances et dettes commerciales",
    "676": "pertes de change financières",
    "7061": "dans la région",
    "7062": "hors de la région",
    "7065": "sur internet",
    "7069": "rabais, remises et ristournes accordés",
    "7072": "commissions et courtages",
    "756": "gains de change sur créances et dettes commerciales",
    "776": "gains de change financiers",
}


def postings() -> Iterator[Path]:
    """Where entries are made: the only files that name account codes."""
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("postings.py"))
    yield ROOT / "billing" / "ledger" / "conversion.py"


def literals(path: Path) -> set[str]:
    """The texts that are numbers of an account; f-strings have their pieces here too, docstrings are sentences."""
    tree = ast.parse(path.read_text())
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value)
    }


class TestCodesInTheSource:
    @pytest.mark.parametrize("path", list(postings()), ids=lambda path: str(path.relative_to(ROOT)))
    def test_are_in_the_chart(self, path):
        used = literals(path)
        assert used <= chart.ACCOUNTS.keys(), used - chart.ACCOUNTS.keys()

    def test_are_found_at_all(self):
        found = set().union(*map(literals, postings()))
        assert found >= {"552", "6317", "7065", "4432", "4712", "4198", "6346", "4081", "4011", EXCHANGE}
        assert {path.parent.name for path in postings()} >= {"payments", "runs", "statements", "ledger"}

    def test_are_named_nowhere_else(self):
        """`AccountKey(entity, "4011", …)` outside a postings.py would slip past the test above."""
        elsewhere = [
            path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))
            if "migrations" not in path.parts and path not in set(postings()) and path.name != "chart.py"
        ]  # fmt: skip
        for path in elsewhere:
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "AccountKey":
                    texts = {one.value for one in ast.walk(node) if isinstance(one, ast.Constant)}
                    named = {text for text in texts if isinstance(text, str) and CODE.fullmatch(text)}
                    assert not named, f"{path.relative_to(ROOT)}:{node.lineno}: {named}"


class TestLabels:
    def test_are_those_of_the_revised_chart(self):
        assert chart.ACCOUNTS.keys() == SYSCOHADA.keys()
        for code, words in SYSCOHADA.items():
            assert words in chart.ACCOUNTS[code].french.lower(), code

    def test_sides_follow_the_classes(self):
        for code, account in chart.ACCOUNTS.items():
            if code[0] in "56":
                assert account.side is chart.Side.DEBIT, code
            if code[0] == "7" and not code.endswith("9"):  # 7069: discounts granted
                assert account.side is chart.Side.CREDIT, code
