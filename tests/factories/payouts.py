"""Payouts through public operations, from a debt that the ledger knows."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from typing import Any

import billing.ledger.operations as ledger
from billing.configuration.operations import load_reference, set_route
from billing.ledger.draft import AccountKey, EntryDraft, credit, debit
from billing.payouts import operations
from billing.payouts.facts import BatchFact, Outcome, PayoutAsked, PayoutFact, TransferAnswer

PHONE = "+221771230111"  # waits for nobody: payouts need no approval of the payee
PAYEE = "pye_00000000000000000000000001"
MAKER, CHECKER = "usr_maker", "usr_checker"


def switch_route(*, enabled: bool, at: datetime) -> None:
    """Let Wave in Senegal pay out, or not."""
    set_route(
        provider="wave", market="SN", currency="XOF", entity="coko-sn", fee_rate=Fraction(0), enabled=enabled,
        priority=1, confidence="demo", changed_by="test", valid_from=at.date(), at=at, pays_out=True,
    )  # fmt: skip


def owed(holder: str = PAYEE, *, currency: str = "XOF", entity: str = "coko-sn") -> AccountKey:
    return AccountKey(entity, "4011", currency, holder)


def owe(amount_minor: int, *, at: datetime, holder: str = PAYEE, currency: str = "XOF", key: str = "") -> AccountKey:
    """As if a statement had been issued."""
    account = owed(holder, currency=currency)
    cost = AccountKey(account.entity, "6346", currency)
    draft = EntryDraft(
        key=key or f"test:owed:{holder}:{amount_minor}:{at.isoformat()}",
        journal="RD",
        happened_at=at,
        description="Redevances",
        source_ref="stm_test",
        lines=[debit(cost, amount_minor), credit(account, amount_minor)],
    )
    ledger.post(draft=draft, at=at)
    return account


def asked(amount_minor: int = 5000, *, key: str = "statement:stm_1", **changed: Any) -> PayoutAsked:
    values: dict[str, Any] = {
        "key": key,
        "account": owed(),
        "amount_minor": amount_minor,
        "provider": "wave",
        "market": "SN",
        "payee_phone": PHONE,
        "payee_name": "Awa Démo",
        "description": "Redevances de novembre",
        "source_ref": "stm_1",
    }
    return PayoutAsked(**{**values, **changed})


def prepared(*wanted: PayoutAsked, at: datetime) -> BatchFact:
    load_reference(at=at)
    return operations.prepare(title="Redevances", asked=wanted or [asked()], by=MAKER, at=at)


def approved(*wanted: PayoutAsked, at: datetime) -> Sequence[PayoutFact]:
    batch = prepared(*wanted, at=at)
    assert not batch.refusals
    return operations.approve(batch_ref=batch.id, by=CHECKER, at=at).payouts


def answer(outcome: Outcome, *, amount_minor: int | None = None, **said: Any) -> TransferAnswer:
    currency = "XOF" if amount_minor is not None else None
    return TransferAnswer(outcome, amount_minor=amount_minor, currency=currency, **said)


def apply(payout: PayoutFact, said: TransferAnswer, *, at: datetime, source: str = "poll") -> PayoutFact:
    return operations.apply_answer(payout_ref=payout.id, answer=said, source=source, at=at)
