"""python-accounting: a `CashSale` with one line and VAT, posted, as its README shows."""

import random
from datetime import datetime
from typing import Any

import load


def prepare(address: str) -> Any:
    from python_accounting.database.session import get_session
    from python_accounting.models import Account, Base, Currency, Entity, Tax

    engine = _engine(address)
    Base.metadata.create_all(engine)
    with get_session(engine) as session:
        entity = Entity(name="Bench")
        session.add(entity)
        session.commit()
        currency = Currency(name="CFA", code="XOF", entity_id=entity.id)
        session.add(currency)
        session.commit()

        def account(name: str, kind: str) -> Any:
            return Account(
                name=name, account_type=Account.AccountType[kind], currency_id=currency.id, entity_id=entity.id
            )

        tax, bank, revenue = account("VAT", "CONTROL"), account("Bank", "BANK"), account("Sales", "OPERATING_REVENUE")
        session.add_all([tax, bank, revenue])
        session.commit()
        vat = Tax(name="VAT", code="VAT", account_id=tax.id, rate=18, entity_id=entity.id)
        session.add(vat)
        session.commit()
        return {"entity": entity.id, "bank": bank.id, "revenue": revenue.id, "vat": vat.id}


def connect(address: str, known: Any) -> Any:
    from python_accounting.database.session import get_session
    from python_accounting.models import Entity, LineItem
    from python_accounting.transactions import CashSale

    engine = _engine(address)

    def sale() -> None:
        with get_session(engine) as session:
            session.entity = session.get(Entity, known["entity"])
            made = CashSale(
                narration="Vente en ligne",
                transaction_date=datetime.now(),  # noqa: DTZ005  as its README does
                account_id=known["bank"],
                entity_id=known["entity"],
            )
            session.add(made)
            session.flush()
            line = LineItem(
                narration="Vente en ligne",
                account_id=known["revenue"],
                amount=random.randint(100, 2000),
                tax_id=known["vat"],
                entity_id=known["entity"],
            )
            session.add(line)
            session.flush()
            made.line_items.add(line)
            session.add(made)
            made.post(session)

    return sale


def _engine(address: str) -> Any:
    from sqlalchemy import create_engine

    return create_engine(address.replace("postgresql://", "postgresql+psycopg2://", 1)).execution_options(
        include_deleted=False, ignore_isolation=False
    )


if __name__ == "__main__":
    load.run(prepare=prepare, connect=connect)
