"""From a line's place to ledger drafts. Pure; the only place of this package that names account codes.

A line says what the wallet gained (`net`) and what the provider kept (`fee`); `gross = net + fee`. What the subject's
own entries booked of it is subtracted; the rest is this package's to book, so that account 552 follows the provider:

    wallet 552 = net − subject's wallet · fees 6317 = fee − subject's fee · against: suspense 4712, or what explains it
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from billing.ledger.draft import AccountKey, EntryDraft, Line, WhenClosed
from billing.reconciliation.facts import Explanation

KEY_PREFIX = "settlement:"
WALLET = "552"  # electronic money, one holder a wallet
FEES = "6317"  # charges on electronic money
SUSPENSE = "4712"  # what is not yet explained, one holder a wallet
REFUNDS_DUE = "4198"  # one holder a line
IN_TRANSIT = "585"  # until the bank shows it
TAXES = "6318"
CLEARING = (SUSPENSE, REFUNDS_DUE, IN_TRANSIT)

# A provider's own tax is a cost until an accountant says that it comes back.
_EXPLAINED_BY = {
    Explanation.FEE: FEES,
    Explanation.TAX: TAXES,
    Explanation.TRANSFER: IN_TRANSIT,
    Explanation.REFUND_DUE: REFUNDS_DUE,
}


@dataclass(frozen=True, slots=True)
class Place:
    """What all entries of one line come to, by account. Debit positive; sums to zero."""

    wallet_minor: int = 0
    fee_minor: int = 0
    suspense_minor: int = 0
    other_minor: int = 0
    other_code: str = ""


@dataclass(frozen=True, slots=True)
class Settled:
    """A line as the books need it."""

    line_id: str  # rcl_…
    provider: str
    market: str
    entity: str
    currency: str
    net_minor: int
    fee_minor: int
    subject_wallet_minor: int  # what the subject's entries booked of it
    subject_fee_minor: int
    explanation: str
    subject_ref: str
    happened_at: datetime

    @property
    def wallet(self) -> str:
        return f"{self.provider}:{self.market}"


def place_of(line: Settled) -> Place:
    """Where the line belongs, given what its subject booked and what explains it."""
    wallet = line.net_minor - line.subject_wallet_minor
    fee = line.fee_minor - line.subject_fee_minor
    rest = -(wallet + fee)
    code = _EXPLAINED_BY.get(Explanation(line.explanation)) if line.explanation else None
    if code is None or rest == 0:
        return Place(wallet, fee, rest)
    if code == FEES:
        return Place(wallet, fee + rest)
    return Place(wallet, fee, 0, rest, code)


def entry(line: Settled, before: Place, *, number: int, at: datetime) -> EntryDraft | None:
    """What leads from what was booked before to where the line belongs; None: it is there."""
    moved: dict[tuple[str, str], int] = {}
    for place, sign in ((place_of(line), 1), (before, -1)):
        for key, amount in _accounts(line, place).items():
            moved[key] = moved.get(key, 0) + sign * amount
    lines = [
        Line(AccountKey(line.entity, code, line.currency, holder), amount)
        for (code, holder), amount in sorted(moved.items())
        if amount
    ]
    if not lines:
        return None
    return EntryDraft(
        key=f"{KEY_PREFIX}{line.line_id}:{number}",
        journal="BQ",
        # The wallet follows the provider on the provider's day; what is cleared later is cleared later.
        happened_at=min(line.happened_at, at) if number == 0 else at,
        description=f"Relevé {line.wallet}" + (f", {line.subject_ref}" if line.subject_ref else ""),
        source_ref=line.line_id,
        lines=lines,
        when_closed=WhenClosed.COUNT_LATER,  # the provider's word is a fact, whatever month is closed
    )


def _accounts(line: Settled, place: Place) -> Mapping[tuple[str, str], int]:
    other = {
        REFUNDS_DUE: line.line_id,
        IN_TRANSIT: line.wallet,
    }.get(place.other_code, "")
    amounts = {
        (WALLET, line.wallet): place.wallet_minor,
        (FEES, ""): place.fee_minor,
        (SUSPENSE, line.wallet): place.suspense_minor,
    }
    if place.other_code:
        amounts[place.other_code, other] = place.other_minor
    return amounts
