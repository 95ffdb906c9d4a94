"""What must be true at the end, whatever happened. Pure: judges what `evidence` has read."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.faults.campaign.evidence import Booked, Document, Evidence, refunds_of

KINDS = {"pay": "payments", "ref": "refunds", "out": "payouts"}
_ENDS = {
    "payments": {"succeeded", "failed", "expired"},
    "refunds": {"succeeded", "failed"},
    "payouts": {"succeeded", "failed", "reversed", "rejected"},
}
# A document that says so itself, whatever its state, has called a person: a difference of its sum is no news.
_CALLS_A_PERSON = frozenset(
    {"amount_mismatch", "contradicted", "amount_unknown", "reference_mismatch", "provider_ref_taken"}
)
_OWED_BACK = frozenset({"captured_twice", "mismatch"})


@dataclass(slots=True)
class Sums:
    """Of one wallet, minor units."""

    moved: int = 0  # at the provider
    booked: int = 0  # in our ledger, fees added again
    in_review: int = 0  # moved and not booked, and a person was called
    fees_taken: int = 0
    fees_expected: int = 0


@dataclass(slots=True)
class Proof:
    states: Counter[tuple[str, str]] = field(default_factory=Counter)
    wallets: dict[str, Sums] = field(default_factory=lambda: defaultdict(Sums))
    in_review: dict[str, str] = field(default_factory=dict)  # reference → reason
    owed_back: int = 0  # payments that came twice
    wrong: list[str] = field(default_factory=list)  # what does not hold, named


def judge(found: Evidence) -> Proof:
    """Everything at once."""
    proof = Proof()
    for rule in (_ended, _movement_by_movement, _wallet_by_wallet):
        proof.wrong += rule(found, proof)
    for promise in (_moved_once, _charged_once, _not_given_back_beyond, _paid_means_captured):
        proof.wrong += promise(found)
    proof.owed_back = sum(one.booked_as == "captured_twice" for one in found.documents.values())
    return proof


def unbooked(found: Evidence) -> list[tuple[str, str]]:
    """(wallet, payment) of money that moved at the provider and is not in our books: what its statement would show."""
    moved = [(wallet, found.documents[ref]) for wallet, ref in found.moved if ref in found.documents]
    return sorted((wallet, one.id) for wallet, one in moved if one.invoice_ref and not one.booked_as)


def _ended(found: Evidence, proof: Proof) -> Iterator[str]:
    for one in found.documents.values():
        kind = KINDS[one.id[:3]]
        proof.states[kind, one.state] += 1
        if one.state == "needs_review":
            proof.in_review[one.id] = one.reason
            if not one.reason:
                yield f"{one.id}: in review without a reason"
        elif one.state not in _ENDS[kind]:
            yield f"{one.id}: still {one.state}"


def _movement_by_movement(found: Evidence, proof: Proof) -> Iterator[str]:
    """What the provider moved under a reference is what we booked under it."""
    for wallet, ref in sorted({*found.moved, *found.booked}):
        there = sum(found.moved.get((wallet, ref), ()))
        here = found.booked.get((wallet, ref), Booked())
        sums = proof.wallets[wallet]
        sums.moved += there
        sums.booked += here.gross
        sums.fees_expected += here.kept
        if there == here.gross:
            continue
        about = _about(found, ref)
        called = [one for one in about if one.state == "needs_review" or one.flags & _CALLS_A_PERSON]
        if called:
            sums.in_review += there - here.gross
            proof.in_review[ref] = called[0].reason
        else:
            said = ", ".join(f"{one.id} {one.state} {one.reason}" for one in about) or "no document of ours"
            yield f"{wallet} {ref}: {there} moved at the provider, {here.gross} is booked; {said}"


def _wallet_by_wallet(found: Evidence, proof: Proof) -> Iterator[str]:
    """The account of the wallet, to the franc: what moved there, less the fees that we expect."""
    for wallet, fees in found.fees.items():
        proof.wallets[wallet].fees_taken = fees
    for wallet in sorted({*proof.wallets, *found.balances}):
        sums, balance = proof.wallets[wallet], found.balances.get(wallet, 0)
        if balance != sums.moved - sums.in_review - sums.fees_expected:
            yield f"{wallet}: holds {balance}, and there {sums.moved} moved, {sums.in_review} of it is in review"


def _about(found: Evidence, ref: str) -> list[Document]:
    return [one for one in found.documents.values() if ref in (one.id, refunds_of(one.payment_ref))]


def _moved_once(found: Evidence) -> Iterator[str]:
    for (wallet, ref), amounts in found.moved.items():
        if len(amounts) > 1 and ref.startswith(tuple(f"{kind}_" for kind in KINDS)):
            yield f"{wallet} {ref}: moved {len(amounts)} times: {amounts}"


def _charged_once(found: Evidence) -> Iterator[str]:
    """Of several payments of one invoice all but one are owed back, or a person was called."""
    charges: dict[str, list[Document]] = defaultdict(list)
    for ref in {ref for _, ref in found.moved}:
        if (one := found.documents.get(ref)) is not None and one.invoice_ref:
            charges[one.invoice_ref].append(one)
    for invoice, payments in charges.items():
        kept = [one for one in payments if one.booked_as not in _OWED_BACK and one.state != "needs_review"]
        if len(kept) > 1:
            yield f"{invoice}: charged by {sorted(one.id for one in kept)}, and only one is owed"


def _not_given_back_beyond(found: Evidence) -> Iterator[str]:
    back: Counter[str] = Counter()
    for one in found.documents.values():
        if one.payment_ref and one.state != "failed":
            back[one.payment_ref] += one.amount_minor
    for ref, amount in back.items():
        payment = found.documents[ref]
        if payment.booked_as != "mismatch" and amount > payment.amount_minor:
            yield f"{ref}: {amount} of {payment.amount_minor} was given back"


def _paid_means_captured(found: Evidence) -> Iterator[str]:
    captured = Counter(one.invoice_ref for one in found.documents.values() if one.booked_as == "captured")
    for invoice, state in found.invoices.items():
        if captured[invoice] != (state == "paid"):
            yield f"{invoice}: {state}, with {captured[invoice]} captured payments"
