"""Two months of a small ledger in two currencies, with a payee, a reversal and an entry written late."""

from datetime import UTC, datetime, timedelta

from billing.configuration.operations import load_reference
from billing.ledger import operations
from billing.ledger.draft import EntryDraft, credit, debit
from royalties.payees import operations as payees
from tests.factories.ledger import account, draft, sale

FOUNDED = datetime(2026, 9, 1, tzinfo=UTC)
OCTOBER = datetime(2026, 10, 3, 14, 12, tzinfo=UTC)
NOVEMBER = datetime(2026, 11, 3, 14, 12, tzinfo=UTC)
PAYEE = "Aïssatou ; «Ba»"


def post_two_months() -> str:
    """Seller, payee, entries: September's sale, October in XOF and EUR, November's reversal. Gives the payee's id."""
    load_reference(at=FOUNDED)
    payee = payees.add_payee(name=PAYEE, country="SN", language="fr", email="ba@example.org", at=FOUNDED)
    operations.post(draft=sale(happened_at=FOUNDED, gross=1000, tax=153, fee=10), at=FOUNDED)
    for number, currency in enumerate(("XOF", "EUR", "XOF")):
        at = OCTOBER + timedelta(days=number)
        operations.post(draft=sale(happened_at=at, currency=currency, gross=1500, tax=229, fee=15), at=at)
    operations.post(draft=royalty(payee.id), at=OCTOBER + timedelta(days=30))  # written when October was over
    wrong = operations.post(draft=sale(happened_at=NOVEMBER, gross=700, tax=107, fee=7), at=NOVEMBER)
    operations.reverse(entry_ref=wrong.id, key="test:back", reason="Saisie deux fois", at=NOVEMBER)
    return payee.id


def royalty(payee_ref: str) -> EntryDraft:
    """A royalty of 600 francs, with a description that a text file must not trip over."""
    return draft(
        [debit(account("6346"), 600), credit(account("4081", payee_ref), 600)],
        journal="RD",
        happened_at=OCTOBER + timedelta(days=5),
        description="=1+1|droits;\nd’auteur",
        source_ref="inv_00000000000000000000000001",
    )
