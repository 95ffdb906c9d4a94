"""Cameroon's callbacks: unsigned. The address proves that whoever calls was told it; the body proves nothing."""

from collections.abc import Iterable
from hashlib import sha256

from providers import callback_token
from providers.contract import Arrival, Notification
from providers.orange.references import event_ref


def read(arrival: Arrival, *, secrets: Iterable[str]) -> Notification:
    """Verify the address. What the body says is not even read: its shape is documented by nobody.

    :raises providers.errors.NotificationRefused: not an address of ours.
    """
    reference = callback_token.reference_of(arrival.path_token, secrets=secrets)
    return Notification(
        event_ref=event_ref(reference, sha256(arrival.body).hexdigest()),
        kind="payment.changed",
        provider_ref=None,
        client_reference=reference,
    )
