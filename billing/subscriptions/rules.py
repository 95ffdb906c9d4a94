"""Which collection rule holds, and which time zone a customer lives in."""

from datetime import datetime

from babel.core import get_global
from django.db.models import Q

import billing.configuration.queries as configuration
from billing.subscriptions.asking import Daytime
from billing.subscriptions.facts import CollectionRuleFact
from billing.subscriptions.models import ANY, CollectionRule, RecurringBilling
from billing.subscriptions.refusals import NoCollectionRule, NoTimezone


def rule(*, country: str, interval: str, at: datetime) -> CollectionRuleFact:
    """How customers are asked there; what is said of the country and the interval goes before what is said of any.

    :raises NoCollectionRule: nobody has said.
    """
    day = configuration.business_date(at)
    found = CollectionRule.objects.filter(
        Q(valid_to__isnull=True) | Q(valid_to__gt=day),
        country__in=(country, ANY),
        interval__in=(interval, ANY),
        valid_from__lte=day,
    )
    closest = min(found, key=lambda row: (row.country == ANY, row.interval == ANY), default=None)
    if closest is None:
        raise NoCollectionRule(f"no collection rule for {country}, every {interval}, on {day}")
    return closest.as_fact()


def rule_of(subscription: RecurringBilling, *, at: datetime) -> CollectionRuleFact:
    """The same, for one subscription.

    :raises NoCollectionRule: nobody has said.
    """
    return rule(country=subscription.country, interval=subscription.plan.interval, at=at)


def daytime(fact: CollectionRuleFact) -> Daytime:
    return Daytime(fact.first_hour, fact.end_hour, fact.usual_hour)


def timezone_of(country: str) -> str:
    """The country's only time zone.

    :raises NoTimezone: it has several, or none.
    """
    zones = [name for name, territory in get_global("zone_territories").items() if territory == country]
    if len(zones) != 1:
        raise NoTimezone(f"{country} has {len(zones)} time zones")
    return str(zones[0])
