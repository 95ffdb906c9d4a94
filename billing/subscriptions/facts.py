"""Plans and subscriptions as other modules see them. Amounts are minor units; days are the customer's own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class PlanFact:
    """What can be subscribed to. Its prices are `billing.pricing`'s, under the plan's reference."""

    id: str  # pln_…
    owner_ref: str
    code: str  # "premium", the owner's own word
    title: str  # as printed on invoices, French
    title_en: str
    interval: str  # day, week, month, quarter, year
    interval_count: int
    trial_days: int
    product_kind: str  # of the tax rules
    is_offered: bool


@dataclass(frozen=True, slots=True)
class ChargeFact:
    """One invoice of a subscription: for a period, or for a change of plan within one."""

    id: str  # chg_…
    number: int  # of the period
    kind: str  # period, change
    state: str  # open, paid, void
    plan_ref: str
    starts_on: date
    ends_on: date
    gross_minor: int
    currency: str
    invoice_ref: str
    issued_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class SubscriptionFact:
    id: str  # sub_…; also the only key to the customer's own page
    owner_ref: str
    plan_ref: str
    next_plan_ref: str | None  # from the next period on
    state: str  # see states.py
    customer_name: str
    user_ref: str | None  # our own account; never what an API client says
    client_ref: str | None  # the API client's word for the customer
    country: str
    currency: str
    timezone: str
    language: str
    provider: str  # the wallet that is asked
    phone_masked: str
    unit_minor: int  # what a period costs the customer, tax within
    number: int  # of the current period; 0 in a trial
    starts_on: date
    ends_on: date  # not included
    trial_ends_on: date | None
    grace_ends_on: date | None  # until then an unpaid period may be read
    gives_up_on: date | None  # then it expires
    cancels_at_end: bool
    paused_from: date | None
    resumes_on: date | None
    asks_stopped: bool
    ended_on: date | None
    end_reason: str
    clock_ref: str | None
    open_charge: ChargeFact | None
    started_at: datetime
    due_at: datetime | None  # when something happens by itself next
    next_ask_at: datetime | None  # when the customer is asked next


@dataclass(frozen=True, slots=True)
class SubscriptionEventFact:
    state: str
    what: str  # subscribed, renewed, paid, grace_over, …
    reason: str
    by: str  # usr_…, or "sweep"
    happened_at: datetime


@dataclass(frozen=True, slots=True)
class RequestFact:
    """One time the customer was asked."""

    id: str  # ask_…
    charge_ref: str
    step: int
    way: str  # mandate, push, message; empty: not decided yet
    outcome: str  # waiting, sent, refused
    payment_ref: str | None
    note: str
    planned_at: datetime


@dataclass(frozen=True, slots=True)
class CollectionRuleFact:
    """How customers are asked, and how long they read unpaid: dated, by country and interval."""

    id: str  # rul_…
    country: str
    interval: str
    ask_days: Sequence[int]  # after the invoice
    grace_days: int
    give_up_days: int
    price_notice_days: int
    first_hour: int
    end_hour: int
    usual_hour: int
    valid_from: date


@dataclass(frozen=True, slots=True)
class ClockFact:
    """A clock for test customers: time passes for them when somebody advances it."""

    id: str  # clk_…
    owner_ref: str
    name: str
    now_at: datetime


@dataclass(frozen=True, slots=True)
class RecognisedFact:
    """Revenue of one day that a run booked."""

    entity: str
    currency: str
    day: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class MandateFact:
    """A payer's leave to debit without being asked each time."""

    id: str  # man_…
    subscription_ref: str
    provider: str
    state: str  # pending, approved, rejected, expired, cancelled
    expires_at: datetime | None
