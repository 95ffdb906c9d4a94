"""The journal in hledger's language.

An account is named by the chart's hierarchy: `coko-sn:5:55:552:wave:SN`. The last transaction moves nothing and asserts
our balance of every account, so `hledger check` recomputes the books and compares.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date

from django.utils.timezone import localdate

from billing import money
from billing.ledger import chart
from billing.ledger.draft import AccountKey
from billing.ledger.exports.names import told_apart
from billing.ledger.facts import PostingFact

# hledger's account types by the first digit of a SYSCOHADA code; class 4 and 5 go by the account's usual side.
_TYPES = {"1": "L", "2": "A", "3": "A", "6": "X", "7": "R", "8": "X"}


def header(accounts: Sequence[AccountKey], *, on: date) -> Iterator[str]:
    """Declares what the journal uses, so that a misspelt account or currency is an error."""
    yield f"; Coko, {on}"
    yield "decimal-mark ."
    for currency in sorted({account.currency for account in accounts}):
        yield f"commodity {_style(currency)} {currency}"
    for name, code in sorted({(account_name(account), account.code) for account in accounts}):
        yield f"account {name}  ; {chart.label(code)}, type: {_type(code)}"


def transaction(lines: Sequence[PostingFact]) -> str:
    entry = lines[0].entry
    first = f"{localdate(entry.happened_at)} * ({entry.journal}) {_one_line(entry.description)}"
    tags = f"    ; entry: {entry.id}, source: {_one_line(entry.source_ref)}"
    return "\n".join([first, tags, *map(_posting, lines)]) + "\n"


def opening(balances: Sequence[tuple[AccountKey, int]], *, on: date) -> str:
    """What was there before, as one transaction; it balances, as the books do."""
    brought = [f"    {account_name(account)}  {_amount(minor, account.currency)}" for account, minor in balances]
    return "\n".join([f"{on} * Soldes à nouveau", *brought]) + "\n"


def closing(balances: Sequence[tuple[AccountKey, int]], *, on: date) -> str:
    """Asserts every account's balance at the end."""
    asserted = [
        f"    {account_name(account)}  0 {account.currency} = {_amount(minor, account.currency)}"
        for account, minor in balances
    ]
    return "\n".join([f"{on} * Soldes selon Coko", *asserted]) + "\n"


def account_name(account: AccountKey) -> str:
    code = account.code
    parts = [account.entity, code[0], code[:2], code, *([account.holder] if account.holder else [])]
    return ":".join(map(_component, parts))


def _component(text: str) -> str:
    plain = re.sub(r"[^\w:.@+-]", "_", text)
    return plain if plain == text else told_apart(plain, text)


def _posting(line: PostingFact) -> str:
    return f"    {account_name(line.account)}  {_amount(line.amount_minor, line.account.currency)}"


def _amount(minor: int, currency: str) -> str:
    return f"{money.plain(minor, currency)} {currency}"


def _style(currency: str) -> str:
    """How many decimals the currency shows; hledger wants the point even when there are none."""
    return "1000." + "0" * money.exponent(currency)


def _type(code: str) -> str:
    usual = "A" if chart.account(code).side is chart.Side.DEBIT else "L"
    return _TYPES.get(code[0], usual)


def _one_line(text: str) -> str:
    """hledger ends a description at a line's end or a semicolon, and a tag at a comma."""
    return re.sub(r"[\s;,|]+", " ", text).strip()
