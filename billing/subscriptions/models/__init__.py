"""The tables of this package. Imported by this package only."""

from billing.subscriptions.models.charges import CollectionRequest as CollectionRequest
from billing.subscriptions.models.charges import Mandate as Mandate
from billing.subscriptions.models.charges import PeriodCharge as PeriodCharge
from billing.subscriptions.models.charges import RevenueSchedule as RevenueSchedule
from billing.subscriptions.models.plans import ANY as ANY
from billing.subscriptions.models.plans import CollectionRule as CollectionRule
from billing.subscriptions.models.plans import Plan as Plan
from billing.subscriptions.models.plans import TestClock as TestClock
from billing.subscriptions.models.recurring import PriceNotice as PriceNotice
from billing.subscriptions.models.recurring import RecurringBilling as RecurringBilling
from billing.subscriptions.models.recurring import SubscriptionEvent as SubscriptionEvent
