"""Batches of payouts: what waits for a second person, and that person's yes or no.

Payouts decide (`billing.payouts.operations`); these pages ask them and put their answers into sentences.
"""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

import billing.ledger.operations as ledger
from billing import ids, money
from billing.payouts import operations, queries
from billing.payouts.facts import BatchFact, Refusal
from billing.web import desk, signs
from billing.web.checkout import redirect_303

PAYOUTS_A_PAGE = 100


@desk.shown
def overview(request: HttpRequest) -> HttpResponse:
    """The batches, those that wait first."""
    found = queries.batches()
    names = desk.names([who for batch in found for who in (batch.prepared_by, batch.decided_by)])
    rows = [
        {
            "batch": batch,
            "sign": signs.batch(batch.state),
            "prepared_by": names[batch.prepared_by],
            "decided_by": names.get(batch.decided_by or "", ""),
        }
        for batch in found
    ]
    return render(request, "billing_web/payout_batches.html", {"rows": rows})


@desk.shown
def page(request: HttpRequest, batch_ref: str) -> HttpResponse:
    """One batch: what it pays to whom, what it does not and why, and who did what."""
    batch = _found(batch_ref)
    names = desk.names([batch.prepared_by, batch.decided_by])
    waits, is_mine = batch.state == "prepared", batch.prepared_by == desk.actor(request)
    may_approve = request.user.has_perm(desk.APPROVE)
    context = {
        "batch": batch,
        "sign": signs.batch(batch.state),
        "prepared_by": names[batch.prepared_by],
        "decided_by": names.get(batch.decided_by or "", ""),
        "totals": sorted(batch.totals.items()),
        "payouts": Paginator(_rows(batch), PAYOUTS_A_PAGE).get_page(request.GET.get("page")),
        "refusals": [(refusal, signs.rule(refusal.rule), _refund_of(refusal)) for refusal in batch.refusals],
        "waits": waits,
        "is_mine": is_mine,
        "may_approve": may_approve,
        "can_approve": waits and not is_mine and may_approve and bool(batch.payouts),
        "can_reject": waits and (may_approve or (is_mine and request.user.has_perm(desk.MOVE))),
    }
    return render(request, "billing_web/payout_batch.html", context)


@desk.acted(desk.APPROVE)
def approve(request: HttpRequest, batch_ref: str) -> HttpResponse:
    """Let the batch be sent. Who prepared it is told that somebody else must."""
    batch = _found(batch_ref)
    try:
        operations.approve(batch_ref=batch.id, by=desk.actor(request), at=timezone.now())
    except operations.AnotherPersonNeeded:
        messages.warning(
            request, _("Vous avez préparé ce lot : une autre personne doit l’approuver. Rien n’est parti.")
        )
    except operations.AlreadyDecided:
        messages.warning(request, _("Ce lot était déjà décidé. Rien n’a changé."))
    except ledger.LimitExceeded as beyond:
        messages.warning(request, _not_there(beyond))
    except ledger.LedgerRefusal as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Le lot est approuvé : les versements partent d’eux-mêmes, dans la minute."))
    return redirect_303("billing_web:payout_batch", batch.id)


@desk.acted(desk.SEE)
def reject(request: HttpRequest, batch_ref: str) -> HttpResponse:
    """Send none of it: by whoever may approve, or by who prepared it."""
    batch = _found(batch_ref)
    if not (request.user.has_perm(desk.APPROVE) or _may_take_back(request, batch)):
        messages.warning(request, _("Rejeter ce lot revient à qui peut l’approuver, ou à qui l’a préparé."))
        return redirect_303("billing_web:payout_batch", batch.id)
    try:
        operations.reject(batch_ref=batch.id, by=desk.actor(request), reason=desk.reason(request), at=timezone.now())
    except operations.ReasonMissing:
        messages.warning(request, _("Dites pourquoi : le motif reste avec le lot. Rien n’a changé."))
    except operations.AlreadyDecided:
        messages.warning(request, _("Ce lot était déjà décidé. Rien n’a changé."))
    else:
        messages.success(
            request, _("Le lot est rejeté : rien n’en part, et ses sommes peuvent être préparées de nouveau.")
        )
    return redirect_303("billing_web:payout_batch", batch.id)


def _found(batch_ref: str) -> BatchFact:
    desk.must_look_like(batch_ref, "pob")
    try:
        return queries.batch(batch_ref)
    except queries.NoSuchBatch:
        raise Http404 from None


def _may_take_back(request: HttpRequest, batch: BatchFact) -> bool:
    return batch.prepared_by == desk.actor(request) and request.user.has_perm(desk.MOVE)


def _rows(batch: BatchFact) -> list[tuple[object, signs.Sign]]:
    return [(payout, signs.payout(payout.state)) for payout in batch.payouts]


def _refund_of(refusal: Refusal) -> str:
    """The refund that was to be paid out, if it was one."""
    _kind, _colon, ref = refusal.key.partition(":")
    return ref if ids.looks_like(ref, "ref") else ""


def _not_there(beyond: ledger.LimitExceeded) -> str:
    """A sum of the batch is not owed any more."""
    account, there = beyond.account, beyond.balance_minor - beyond.held_minor - beyond.limit_minor
    return _(
        "Rien n’est approuvé : sur le compte %(code)s de %(holder)s il ne reste que %(there)s %(currency)s, "
        "et %(asked)s sont demandés. Rejetez ce lot et préparez-en un autre."
    ) % {
        "code": account.code,
        "holder": account.holder or account.entity,
        "there": money.plain(there, account.currency),
        "asked": money.plain(beyond.amount_minor, account.currency),
        "currency": account.currency,
    }
