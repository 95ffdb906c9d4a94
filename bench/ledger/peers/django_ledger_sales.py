"""django-ledger: `commit_txs` of a posted journal entry of three transactions; one entity, one ledger a process."""

import random
from typing import Any

import django_peer
import load

_ACCOUNTS = 30  # of each kind
_KINDS = {
    # kind → role, side, and the first code such an account may have
    "asset": ("asset_ca_cash", "debit", 1000),
    "liability": ("lia_cl_taxes_payable", "credit", 2000),
    "income": ("in_operational", "credit", 4000),
}


def prepare(address: str) -> Any:
    _settle(address)
    django_peer.migrate()
    from django.contrib.auth import get_user_model
    from django_ledger.models import EntityModel

    admin = get_user_model().objects.create_user("bench")
    entity = EntityModel.create_entity(name="Bench", use_accrual_method=True, admin=admin, fy_start_month=1)
    chart = entity.create_chart_of_accounts(assign_as_default=True, commit=True, coa_name="Bench")
    for kind, (role, side, first) in _KINDS.items():
        for number in range(_ACCOUNTS):
            entity.create_account(
                code=str(first + number),
                role=role,
                name=f"{kind} {number}",
                balance_type=side,
                active=True,
                coa_model=chart,
            )
    return {"entity": str(entity.pk)}


def connect(address: str, known: Any) -> Any:
    _settle(address)
    from django.utils import timezone
    from django_ledger.models import EntityModel

    entity = EntityModel.objects.get(pk=known["entity"])
    accounts = {kind: list(entity.get_all_accounts().filter(role=role)) for kind, (role, _, _) in _KINDS.items()}
    ledger = entity.create_ledger(name=f"sales {random.getrandbits(64)}", posted=True)

    def sale() -> None:
        share, rest = random.randint(100, 2000), random.randint(100, 2000)
        lines = (
            ("asset", "debit", share + rest),
            ("liability", "credit", share),
            ("income", "credit", rest),
        )
        ledger.commit_txs(
            je_timestamp=timezone.now(),
            je_txs=[
                {
                    "account": random.choice(accounts[kind]),
                    "amount": amount,
                    "tx_type": side,
                    "description": "Vente en ligne",
                }
                for kind, side, amount in lines
            ],
            je_posted=True,
            je_desc="Vente en ligne",
        )

    return sale


def _settle(address: str) -> None:
    django_peer.settle(address, ["django.contrib.sessions", "django_ledger"])


if __name__ == "__main__":
    load.run(prepare=prepare, connect=connect)
