"""The accounts and the entry every measurement posts: a sale of three postings.

10,000 accounts: 8,000 payables in authorise mode (one locked balance row each, as an author's is), 1,000 wallets and
1,000 income accounts in record mode (sixteen balance rows each). An entry debits a wallet and credits an income account
and an author, each chosen at random; *hot* entries all have the same author in them.
"""

import random
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import psycopg

from billing.ledger import arrays, chart
from billing.ledger.draft import AccountKey, EntryDraft, Line

ENTITY, OTHER_ENTITY, CURRENCY = "coko-sn", "coko-ci", "XOF"
PAYABLE, WALLET, INCOME = "4081", "552", "7065"
PAYABLES, WALLETS, INCOMES = 8_000, 1_000, 1_000
LAG = timedelta(seconds=2)  # from the sale to its being written down
HOT, TEN = "pye_hot", "pye_ten"
SEEDED_POSTINGS = 10_000

# What a client of pgbench says; the same call as billing.ledger.operations.posting makes. No colons in the texts:
# pgbench would take what follows for a variable.
SINGLE_SQL = """\
\\set payee random(1, {payables})
\\set wallet random(1, {wallets})
\\set title random(1, {incomes})
\\set share random(100, 2000)
\\set rest random(100, 2000)
SELECT ledger_post(
    '{entity}', fresh, 'payment/pay_' || fresh || '/captured', 'VT', 'Vente en ligne', 'inv_' || :payee::text,
    now() - interval '2 seconds', now(), ARRAY['{payable}', '{wallet}', '{income}'], ARRAY['XOF', 'XOF', 'XOF'],
    ARRAY[{payee}, 'wallet-' || {wallet_number}, 'title-' || {income_number}], ARRAY[1, 16, 16]::smallint[],
    ARRAY[-:share::int, :share::int + :rest::int, -:rest::int]::bigint[])
FROM uuidv7() AS fresh;
"""


def single_sql(*, hot_payable: bool = False, hot_wallet: bool = False) -> str:
    return SINGLE_SQL.format(
        entity=ENTITY,
        payables=PAYABLES,
        wallets=WALLETS,
        incomes=INCOMES,
        payable=PAYABLE,
        wallet=WALLET,
        income=INCOME,
        payee=f"'{HOT}'" if hot_payable else "'pye_' || :payee::text",
        wallet_number="'1'" if hot_wallet else ":wallet::text",
        income_number="'1'" if hot_wallet else ":title::text",
    )


@dataclass(frozen=True, slots=True)
class Sale:
    """One entry to be, in numbers."""

    payee: str
    wallet: int
    title: int
    share: int
    rest: int

    @classmethod
    def any(cls, dice: random.Random, *, payee: str | None = None) -> "Sale":
        return cls(
            payee=payee or f"pye_{dice.randint(1, PAYABLES)}",
            wallet=dice.randint(1, WALLETS),
            title=dice.randint(1, INCOMES),
            share=dice.randint(100, 2000),
            rest=dice.randint(100, 2000),
        )

    def lines(self) -> tuple[tuple[str, str, int], ...]:
        """(code, holder, amount), in the order of the ledger."""
        return (
            (PAYABLE, self.payee, -self.share),
            (WALLET, f"wallet-{self.wallet}", self.share + self.rest),
            (INCOME, f"title-{self.title}", -self.rest),
        )

    def draft(self, at: datetime) -> EntryDraft:
        return EntryDraft(
            key=f"payment/pay_{uuid.uuid4()}/captured",
            journal="VT",
            happened_at=at - LAG,
            description="Vente en ligne",
            source_ref=f"inv_{self.title}",
            lines=[Line(AccountKey(ENTITY, code, CURRENCY, holder), amount) for code, holder, amount in self.lines()],
        )


POST_BATCH = """
SELECT ledger_post_batch(
    %s, %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s, %s::text[], %s::text[],
    %s::text[], %s::smallint[], %s::int[], %s::int[], %s::bigint[]
)
"""
_RECORDED_AT = 7  # place of the moment among the arguments


def batch_arguments(sales: list[Sale], at: datetime, *, entity: str = ENTITY) -> list[Any]:
    """What `POST_BATCH` takes, for these sales recorded at `at`."""
    accounts = sorted({line[:2] for sale in sales for line in sale.lines()})
    places = {account: place for place, account in enumerate(accounts, start=1)}
    lines = [
        (number, places[code, holder], amount)
        for number, sale in enumerate(sales, start=1)
        for code, holder, amount in sale.lines()
    ]
    count = len(sales)
    return [
        entity,
        arrays.uuids([_time_ordered(at).bytes for _ in sales]),
        arrays.texts([f"payment/pay_{_time_ordered(at)}/captured" for _ in sales]),
        arrays.texts(["VT"] * count),
        arrays.texts(["Vente en ligne"] * count),
        arrays.texts([f"inv_{sale.title}" for sale in sales]),
        arrays.moments([at - LAG] * count),
        at,
        arrays.texts([code for code, _ in accounts]),
        arrays.texts([CURRENCY] * len(accounts)),
        arrays.texts([holder for _, holder in accounts]),
        arrays.numbers([chart.account(code).stripes for code, _ in accounts]),
        *(arrays.numbers(column) for column in zip(*lines, strict=True)),
    ]


def post_batch(connection: "psycopg.Connection[Any]", arguments: list[Any], *, at: datetime | None = None) -> None:
    """
    :raises SystemExit: it was not a usual batch, and was not written.
    """
    if at is not None:
        arguments = [*arguments[:_RECORDED_AT], at, *arguments[_RECORDED_AT + 1 :]]
    row = connection.execute(POST_BATCH, arguments).fetchone()
    if row is None or row[0] is None:
        raise SystemExit("bench: a batch was not usual, and was not written")


def sales(seed: int, *, payee: str | None = None) -> Iterator[Sale]:
    """Without end; all to this payee, or each to any."""
    dice = random.Random(seed)
    while True:
        yield Sale.any(dice, payee=payee)


def every_account() -> list[tuple[str, str]]:
    """(code, holder) of all of them."""
    return [
        (PAYABLE, HOT),
        (PAYABLE, TEN),
        *((PAYABLE, f"pye_{number}") for number in range(1, PAYABLES + 1)),
        *((WALLET, f"wallet-{number}") for number in range(1, WALLETS + 1)),
        *((INCOME, f"title-{number}") for number in range(1, INCOMES + 1)),
    ]


def _time_ordered(at: datetime) -> uuid.UUID:
    """As our ids are: milliseconds first, then chance."""
    return uuid.UUID(int=int(at.timestamp() * 1000) << 80 | random.getrandbits(80))
