"""What the database and the simulators' book say at the end, read past our own code."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tests.faults.stack import Stack

Key = tuple[str, str]  # wallet ("wave:SN"), reference
_EVENTS = {
    "payments_paymenttransaction": "payments_paymentevent WHERE payment_id",
    "refunds_refund": "refunds_refundevent WHERE refund_id",
    "payouts_payout": "payouts_payoutevent WHERE payout_id",
}


@dataclass(frozen=True, slots=True)
class Document:
    """A payment, refund or payout of ours."""

    id: str
    wallet: str
    state: str
    flags: frozenset[str] = frozenset()
    reason: str = ""
    amount_minor: int = 0
    payment_ref: str = ""  # a refund's payment
    invoice_ref: str = ""  # a payment's
    booked_as: str = ""


@dataclass(slots=True)
class Booked:
    """What our ledger says of one reference, minor units: what the wallet gained, and the fee that was kept from it."""

    reached: int = 0
    kept: int = 0

    @property
    def gross(self) -> int:
        return self.reached + self.kept


@dataclass(frozen=True, slots=True)
class Evidence:
    documents: Mapping[str, Document]
    invoices: Mapping[str, str]  # id → state
    moved: Mapping[Key, Sequence[int]]  # at the provider, as the payer or payee saw it, minor units
    fees: Mapping[str, int]  # wallet → what the provider took
    booked: Mapping[Key, Booked]
    balances: Mapping[str, int]  # wallet → account 552


def gather(stack: Stack) -> Evidence:
    """Read everything."""
    documents = {one.id: one for one in _documents(stack)}
    moved, fees = _moved(stack)
    balances = stack.ask(
        "SELECT holder, sum(balance)::bigint FROM ledger_account JOIN ledger_accountbalance ON account_id = id"
        " WHERE code = '552' GROUP BY 1"
    )
    return Evidence(
        documents=documents,
        invoices=dict(stack.ask("SELECT id, state FROM invoices_invoice")),
        moved=moved,
        fees=fees,
        booked=_booked(stack, documents),
        balances={wallet: int(balance) for wallet, balance in balances},
    )


def refunds_of(payment_ref: str) -> str:
    """Wave writes a refund under its payment; ours are put together the same way."""
    return f"refunds of {payment_ref}"


def _documents(stack: Stack) -> Iterator[Document]:
    own = {
        "payments_paymenttransaction": "'', invoice_ref, booked_as",
        "refunds_refund": "payment_ref, '', ''",
        "payouts_payout": "'', '', ''",
    }
    waiting = dict(stack.ask("SELECT source_ref, flags FROM payouts_payout WHERE state = 'needs_review'"))
    for table, columns in own.items():
        rows = stack.ask(
            f"SELECT id, provider || ':' || market, state, flags, coalesce((SELECT string_agg(note, '; ')"  # noqa: S608
            f" FROM {_EVENTS[table]} = document.id), ''), amount_minor, {columns} FROM {table} document ORDER BY id"
        )
        for id_, wallet, state, flags, notes, amount, *more in rows:
            reason = ", ".join(flags) or notes.strip("; ")
            if state == "paying_out" and id_ in waiting:  # it ends with its payout, which waits for a person
                state, reason = "needs_review", f"its payout: {', '.join(waiting[id_])}"
            yield Document(id_, wallet, state, frozenset(flags), reason, amount, *more)


def _moved(stack: Stack) -> tuple[dict[Key, list[int]], dict[str, int]]:
    sums: dict[Key, list[int]] = defaultdict(list)
    fees: Counter[str] = Counter()
    for one in stack.simulators.movements():
        wallet, ref = f"{one['provider']}:{one['market']}", one["client_reference"] or ""
        is_refund_of_payment = one["kind"].endswith("refund") and ref.startswith("pay_")
        sums[wallet, refunds_of(ref) if is_refund_of_payment else ref].append(int(one["amount"]))
        fees[wallet] += int(one["fee"])
    return dict(sums), dict(fees)


def _booked(stack: Stack, documents: Mapping[str, Document]) -> dict[Key, Booked]:
    rows = stack.ask(
        "SELECT entry.source_ref, max(account.holder) FILTER (WHERE account.code = '552'),"
        " coalesce(sum(posting.amount_minor) FILTER (WHERE account.code = '552'), 0)::bigint,"
        " coalesce(sum(posting.amount_minor) FILTER (WHERE account.code = '6317'), 0)::bigint"
        " FROM ledger_posting posting JOIN ledger_journalentry entry ON entry.id = posting.entry_id"
        " JOIN ledger_account account ON account.id = posting.account_id WHERE account.code IN ('552', '6317')"
        " GROUP BY entry.source_ref"
    )
    sums: dict[Key, Booked] = defaultdict(Booked)
    for ref, wallet, reached, kept in rows:
        refund = documents.get(ref) if ref.startswith("ref_") else None
        is_waves = refund is not None and refund.wallet.startswith("wave:")
        one = sums[wallet, refunds_of(refund.payment_ref) if refund is not None and is_waves else ref]
        one.reached += reached
        one.kept += kept
    return dict(sums)
