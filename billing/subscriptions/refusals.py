"""What is refused of subscriptions, each named after the fact."""


class NoSuchPlan(Exception):
    """There is no plan with that reference, or it is another client's."""


class PlanExists(Exception):
    """The client has another plan with that code."""


class PlanNotOffered(Exception):
    """The plan was withdrawn; whoever has it keeps it."""


class NoSuchSubscription(Exception):
    """There is no subscription with that reference, or it is another client's."""


class AlreadySubscribed(Exception):
    """The same person has that plan already; `subscription_ref` is its id."""

    def __init__(self, subscription_ref: str) -> None:
        super().__init__(f"subscription {subscription_ref} is alive")
        self.subscription_ref = subscription_ref


class NoCollectionRule(Exception):
    """Nobody has said how customers are asked there. Unknown is not never."""


class RuleAlreadyPlanned(Exception):
    """A rule of that country and interval begins on or after that day."""


class NoTimezone(Exception):
    """The country has several time zones, or none: say which."""


class SubscriptionEnded(Exception):
    """It was cancelled or has expired."""


class NotNow(Exception):
    """Its state does not allow that; the message says which state."""


class OwesMoney(Exception):
    """A period is not paid yet: that first."""


class NothingToChange(Exception):
    """It is that plan already."""


class NothingLeftToPause(Exception):
    """The period ends before the pause would begin."""


class PaymentOnItsWay(Exception):
    """Its open invoice was just paid: look again in a moment."""


class NoSuchClock(Exception):
    """There is no test clock with that reference, or it is another client's."""


class ClockGoesForward(Exception):
    """A test clock is only advanced, and at most two years at once."""


class ClocksAreOff(Exception):
    """In production there are no test clocks: their invoices would take legal numbers."""
