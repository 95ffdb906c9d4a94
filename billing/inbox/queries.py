"""What others may know of notifications."""

from billing.inbox.facts import NotificationFact
from billing.inbox.models import ProviderNotification


class NoSuchNotification(Exception):
    """No notification has that id."""


def notification(notification_id: int) -> NotificationFact:
    """One notification.

    :raises NoSuchNotification: no notification has that id.
    """
    row = ProviderNotification.objects.filter(pk=notification_id).first()
    if row is None:
        raise NoSuchNotification(notification_id)
    return row.as_fact()
