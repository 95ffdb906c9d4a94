"""Notifications of Web Payment: `status`, `notif_token`, `txnid`, and nothing signed.

The address was told to Orange alone and names the attempt; the `notif_token` was told to us alone and is compared with
the one kept. What the body says of the payment is believed by nobody.
"""

from collections.abc import Iterable

from providers import callback_token, strict_json
from providers.contract import Arrival, Notification
from providers.errors import NotificationRefused
from providers.orange.references import event_ref


def read(arrival: Arrival, *, secrets: Iterable[str]) -> Notification:
    """Verify the address, then translate.

    :raises NotificationRefused: not an address of ours, or nothing readable came to it.
    """
    reference = callback_token.reference_of(arrival.path_token, secrets=secrets)
    try:
        document = strict_json.read(arrival.body)
    except strict_json.NotStrictJson:
        raise NotificationRefused("unreadable") from None
    if not isinstance(document, dict):
        raise NotificationRefused("unreadable")
    status, token = document.get("status"), document.get("notif_token")
    if not isinstance(status, str) or not isinstance(token, str) or not token:
        raise NotificationRefused("unreadable")
    return Notification(
        event_ref=event_ref(reference, status, token, str(document.get("txnid"))),
        kind=f"payment.{status.lower()[:40]}",
        provider_ref=None,
        client_reference=reference,
        secret=token,
    )
