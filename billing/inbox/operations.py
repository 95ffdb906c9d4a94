"""Everything that writes to the inbox. Reads no clock: callers pass `at`.

A notification is a doorbell: it is stored first, then verified, and then only makes us ask the provider. Its content
moves no money.
"""

import contextlib
import hashlib
import logging
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

import billing.payments.operations as payments
import billing.payments.queries as payment_queries
import billing.payouts.operations as payouts
import billing.payouts.queries as payout_queries
import billing.refunds.operations as refunds
import billing.refunds.queries as refund_queries
from billing.crashpoints import reach
from billing.inbox import gateway
from billing.inbox.facts import VerifiedHint
from billing.inbox.models import BODY_MAX, ProviderNotification, State
from billing.outbox import hints, sweeps
from billing.payments.facts import PaymentFact
from billing.payouts.facts import PayoutFact
from billing.refunds.facts import RefundFact

log = logging.getLogger(__name__)

LOOK = "billing.inbox.tasks.look"

# Longer than verifying and asking the provider (two calls) may take.
LEASE = timedelta(seconds=settings.LEASE_SECONDS)
# How long to wait before looking again for a payment we do not know (our own answer may still be on its way), or after
# a crash. When they are used up the notification stays parked for a person.
PAUSES = (
    *(timedelta(seconds=seconds) for seconds in (10, 30, 60, 300, 900)),
    *(timedelta(hours=hours) for hours in (1, 6, 24, 48)),
)

_PAYOUT, _REFUND = "out_", "ref_"
_KEPT_HEADERS = frozenset({"content-type", "user-agent"})
_KEPT_WORDS = ("signature", "timestamp")


def store(
    *,
    provider: str,
    market: str,
    headers: Mapping[str, str],
    body: bytes,
    received_at: datetime,
    path_token: str = "",
    method: str = "POST",
) -> int:
    """Keep what came, whoever sent it: one INSERT, so that the provider gets its answer at once.

    Of the headers only what proves an origin is kept: signatures as they are, credentials as a keyed digest.
    """
    notification = ProviderNotification.objects.create(
        provider=provider,
        market=market.upper(),
        headers=_kept(headers),
        method=method,
        path_token=path_token,
        body=body[:BODY_MAX],
        body_size=len(body),
        received_at=received_at,
        next_attempt_at=received_at,
    )
    hints.look_after_commit(LOOK)
    reach("inbox.stored")
    return notification.pk


def process(*, notification_id: int, at: datetime) -> None:
    """Do what one notification asks for. Finished, taken by another worker or unknown: nothing."""
    notification = _claim(ProviderNotification.objects.filter(pk=notification_id), at)
    if notification is not None:
        _process(notification, at)


def process_waiting(*, at: datetime, limit: int = 50) -> int:
    """Do what is due; how many were taken up."""
    return sweeps.count(process_one, at=at, limit=limit)


def process_one(*, at: datetime) -> bool:
    """Do what one due notification asks for; whether there was one."""
    notification = _claim(ProviderNotification.objects.filter(next_attempt_at__lte=at), at)
    if notification is None:
        return False
    _process(notification, at)
    return True


def _kept(headers: Mapping[str, str]) -> dict[str, str]:
    lowered = {name.lower(): value for name, value in headers.items()}
    kept = {name: value for name, value in lowered.items() if _is_kept(name)}
    if secret := lowered.get(gateway.CREDENTIALS):
        kept[gateway.CREDENTIALS] = gateway.digest(secret)
    return kept


def _is_kept(name: str) -> bool:
    return name in _KEPT_HEADERS or any(word in name for word in _KEPT_WORDS)


@transaction.atomic(durable=True)
def _claim(among: "QuerySet[ProviderNotification]", at: datetime) -> ProviderNotification | None:
    free = Q(leased_until__isnull=True) | Q(leased_until__lte=at)
    notification = (
        among.select_for_update(skip_locked=True)
        .filter(free, state__in=[State.WAITING, State.PARKED], next_attempt_at__isnull=False)
        .order_by("next_attempt_at")
        .first()
    )
    if notification is None:
        return None
    # Counted and dated before the work: one that kills its worker every time ends parked, not at the front for ever.
    _plan_next(notification, at)
    notification.leased_until = at + LEASE
    notification.save(update_fields=["attempt_count", "next_attempt_at", "leased_until", "state", "reason"])
    return notification


def _plan_next(notification: ProviderNotification, at: datetime) -> None:
    tried = notification.attempt_count
    notification.attempt_count = tried + 1
    notification.next_attempt_at = at + PAUSES[tried] if tried < len(PAUSES) else None
    if notification.next_attempt_at is None:
        notification.state, notification.reason = State.PARKED, "too_many_attempts"


def _process(notification: ProviderNotification, at: datetime) -> None:
    if notification.body_size > BODY_MAX:
        return _finish(notification, State.REFUSED, "too_large")
    try:
        hint = gateway.verify(
            provider=notification.provider,
            market=notification.market,
            headers=notification.headers,
            body=bytes(notification.body),
            received_at=notification.received_at,
            path_token=notification.path_token,
            method=notification.method,
        )
    except gateway.Forged as forgery:
        log.warning("notification %s from %s refused: %s", notification.pk, notification.provider, forgery.reason)
        return _finish(notification, State.REFUSED, forgery.reason)
    reach("inbox.verified")
    if not _first_of_its_event(notification, hint):
        return None
    return _act_on(hint, notification, at)


def _first_of_its_event(notification: ProviderNotification, hint: VerifiedHint) -> bool:
    """Take the event's id; whoever has it already does the work."""
    notification.event_ref = hint.event_ref
    try:
        with transaction.atomic():
            notification.save(update_fields=["event_ref"])
    except IntegrityError:
        _finish(notification, State.DUPLICATE, _how_alike(notification, hint))
        return False
    return True


def _how_alike(notification: ProviderNotification, hint: VerifiedHint) -> str:
    first = ProviderNotification.objects.exclude(state=State.DUPLICATE).get(
        provider=notification.provider, event_ref=hint.event_ref
    )
    if _digest(first) == _digest(notification):
        return ""
    log.warning("notification %s has the event id of %s and another content", notification.pk, first.pk)
    return "other_content"


def _digest(notification: ProviderNotification) -> bytes:
    return hashlib.sha256(bytes(notification.body)).digest()


def _act_on(hint: VerifiedHint, notification: ProviderNotification, at: datetime) -> None:
    if hint.payment_ref is None and hint.provider_ref is None:
        return _finish(notification, State.PROCESSED, "not_about_a_payment")
    subject_ref = _subject_of(hint, notification.provider, notification.market)
    if subject_ref is None:
        return _park(notification)
    notification.payment_ref = subject_ref
    if subject_ref.startswith(_PAYOUT):
        payouts.refresh(payout_ref=subject_ref, source="notification", at=at)
    elif subject_ref.startswith(_REFUND):
        refunds.refresh(refund_ref=subject_ref, source="notification", at=at)
    elif hint.secret is not None and not payments.knows_secret(payment_ref=subject_ref, secret=hint.secret):
        return _finish(notification, State.REFUSED, "secret_mismatch")
    else:
        payments.refresh(payment_ref=subject_ref, source="notification", at=at)
    return _finish(notification, State.PROCESSED, "")


def _subject_of(hint: VerifiedHint, provider: str, market: str) -> str | None:
    """Our payment, payout or refund that the notification is about, if it is that provider's."""
    missing = (payment_queries.NoSuchPayment, payout_queries.NoSuchPayout, refund_queries.NoSuchRefund)
    with contextlib.suppress(*missing):
        if hint.payment_ref:
            found = _by_our_reference(hint.payment_ref)
            return found.id if found.provider == provider else None
        if hint.provider_ref:
            return payment_queries.payment_by_provider_ref(
                provider=provider, market=market, provider_ref=hint.provider_ref
            ).id
    return None


def _by_our_reference(ref: str) -> PaymentFact | PayoutFact | RefundFact:
    if ref.startswith(_PAYOUT):
        return payout_queries.payout(ref)
    if ref.startswith(_REFUND):
        return refund_queries.refund(ref)
    return payment_queries.payment(ref)


def _park(notification: ProviderNotification) -> None:
    """Genuine, and about nothing we know: looked at again at the time planned when it was claimed."""
    notification.state, notification.reason, notification.leased_until = State.PARKED, "unknown_payment", None
    notification.save(update_fields=["state", "reason", "leased_until"])


def _finish(notification: ProviderNotification, state: State, reason: str) -> None:
    notification.state, notification.reason = state, reason
    notification.leased_until = notification.next_attempt_at = None
    notification.save(update_fields=["state", "reason", "event_ref", "payment_ref", "leased_until", "next_attempt_at"])
