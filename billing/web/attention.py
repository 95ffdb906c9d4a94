"""What waits for a person: each line leads to the page where something can be done about it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

import billing.ledger.queries as ledger
import billing.payments.queries as payments
import billing.payouts.queries as payouts
import billing.refunds.queries as refunds
from billing import ids
from billing.ledger.draft import AccountKey
from billing.payments.facts import PaymentFact
from billing.payments.postings import REFUNDS_DUE, SUSPENSE
from billing.web import desk, signs


@desk.shown
def page(request: HttpRequest) -> HttpResponse:
    """Everything at once; empty is good."""
    proposed = {decision.payment_ref for decision in payments.proposed_decisions()}
    context: dict[str, object] = {
        "payments": [(fact, signs.flags(fact.flags), fact.id in proposed) for fact in _payments()],
        "payouts": [(fact, signs.flags(fact.flags)) for fact in payouts.in_review()],
        "refunds": [(fact, signs.flags(fact.flags)) for fact in refunds.in_review()],
        "batches": [batch for batch in payouts.batches(limit=0) if batch.state == "prepared"],
        "to_pay_out": refunds.waiting_for_payout(),
        "not_taken": [(fact, signs.rule(fact.refused_rule or "")) for fact in refunds.refused_by_batch()],
        "disputes": refunds.open_disputes(),
        "unexplained": [_shown(account, minor) for account, minor in _left_on(SUSPENSE)],
        "paid_twice": [_shown(account, minor) for account, minor in _left_on(REFUNDS_DUE) if _is_payment(account)],
    }
    context["nothing"] = not any(context.values())
    context["may_move"] = request.user.has_perm(desk.MOVE)
    return render(request, "billing_web/attention.html", context)


def _payments() -> list[PaymentFact]:
    """Those in review; but what came by mistake and is given back, or promised to be, needs nobody any more."""
    waiting = payments.in_review()
    given_back = refunds.given_back([one.id for one in waiting if one.settled_at])
    return [one for one in waiting if one.id not in given_back or given_back[one.id] < _came(one.id)]


def _came(payment_ref: str) -> int:
    captured = payments.capture(payment_ref)
    return captured.amount_minor if captured else 0


def _left_on(code: str) -> list[tuple[AccountKey, int]]:
    return [(account, minor) for account, minor in ledger.balances_now(codes=[code]) if minor]


def _is_payment(account: AccountKey) -> bool:
    return ids.looks_like(account.holder, "pay")


def _shown(account: AccountKey, minor: int) -> dict[str, object]:
    """Whose, how much, and whether it came in or left."""
    return {
        "account": account,
        "magnitude": abs(minor),
        "came_in": minor < 0,
        "is_payout": ids.looks_like(account.holder, "out"),
    }
