"""From an invoice and a route to the row of an attempt, and from the row to what is asked of the provider."""

import json
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings

from billing import phones, schedule, sealing
from billing.configuration.facts import ProviderRouteFact
from billing.ids import new_id
from billing.invoices.facts import InvoiceFact
from billing.money import round_half_up
from billing.payments import gateway
from billing.payments.models import PaymentTransaction


def attempt(
    invoice: InvoiceFact, route: ProviderRouteFact, *, payer_phone: str | None, return_url: str, at: datetime
) -> PaymentTransaction:
    """A new attempt, not stored yet. What it asks for is copied, so that later changes of the invoice do not matter."""
    payment_ref = new_id("pay", at)
    return PaymentTransaction(
        id=payment_ref,
        invoice_ref=invoice.id,
        invoice_number=invoice.number,
        owner_ref=invoice.owner_ref,
        provider=route.provider,
        market=route.market,
        route_ref=route.ref,
        entity=route.entity,
        currency=invoice.currency,
        amount_minor=invoice.gross_minor,
        fee_minor=round_half_up(invoice.gross_minor * route.fee_rate),
        payer_phone_sealed=phones.seal(payer_phone) if payer_phone else "",
        payer_phone_index=phones.blind_index(payer_phone) if payer_phone else "",
        payer_phone_masked=phones.mask(payer_phone) if payer_phone else "",
        return_url=_return_url(return_url, payment_ref),
        platform=gateway.platform(route.provider, route.market),
        started_at=at,
        next_check_at=at + schedule.FIRST_DELAYS[0],
    )


def _return_url(wanted: str, payment_ref: str) -> str:
    return (wanted or f"{settings.BASE_URL}/checkout/payments/{{payment_ref}}/").replace("{payment_ref}", payment_ref)


def inquiry(row: PaymentTransaction) -> gateway.Inquiry:
    """How to ask about an attempt."""
    return gateway.Inquiry(
        payment_ref=row.id,
        provider=row.provider,
        market=row.market,
        provider_ref=row.provider_ref,
        amount_minor=row.amount_minor,
        currency=row.currency,
        platform=row.platform,
        started_at=row.started_at,
        secrets=json.loads(sealing.unseal(row.secrets_sealed.encode())) if row.secrets_sealed else {},
    )


def sealed(secrets: Mapping[str, str]) -> str:
    """What a provider wants to hear again, as it is stored."""
    return sealing.seal(json.dumps(dict(secrets)).encode()).decode()


def collection(row: PaymentTransaction, *, payer_code: str | None = None) -> gateway.Collection:
    """What is asked of the provider, the same at every sending (but for the payer's code, which is not stored)."""
    return gateway.Collection(
        payment_ref=row.id,
        provider=row.provider,
        market=row.market,
        amount_minor=row.amount_minor,
        currency=row.currency,
        payer_phone=phones.unseal(row.payer_phone_sealed) if row.payer_phone_sealed else None,
        description=f"Coko {row.invoice_number}",
        return_url=row.return_url,
        started_at=row.started_at,
        ticket=row.ticket,
        platform=row.platform,
        payer_code=payer_code,
    )
