"""django-hordak: a `Transaction` with three `Leg`s inside `atomic`, as its documentation shows. Keeps no balances."""

import random
from datetime import date
from typing import Any

import django_peer
import load

_ACCOUNTS = 100  # of each kind


def prepare(address: str) -> Any:
    _settle(address)
    django_peer.migrate()
    from hordak.models import Account, AccountType

    return {
        kind: [
            Account.objects.create(name=f"{kind} {number}", type=AccountType[kind], currencies=["XOF"]).pk
            for number in range(_ACCOUNTS)
        ]
        for kind in ("asset", "income", "liability")
    }


def connect(address: str, known: Any) -> Any:
    _settle(address)
    from django.db import transaction
    from hordak.models import Account, Leg, Transaction
    from moneyed import Money

    accounts = {kind: list(Account.objects.filter(pk__in=keys)) for kind, keys in known.items()}

    def sale() -> None:
        share, rest = random.randint(100, 2000), random.randint(100, 2000)
        with transaction.atomic():
            made = Transaction.objects.create(description="Vente en ligne", date=date.today())  # noqa: DTZ011
            for kind, side, amount in (
                ("asset", "debit", share + rest),
                ("liability", "credit", share),
                ("income", "credit", rest),
            ):
                account = random.choice(accounts[kind])
                Leg.objects.create(transaction=made, account=account, **{side: Money(amount, "XOF")})

    return sale


def _settle(address: str) -> None:
    django_peer.settle(address, ["mptt", "hordak"], DEFAULT_CURRENCY="XOF", CURRENCIES=["XOF"])


if __name__ == "__main__":
    load.run(prepare=prepare, connect=connect)
