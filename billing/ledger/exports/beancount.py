"""The journal in beancount's language.

beancount wants five roots and names of letters, digits and dashes: `Assets:Coko-sn:5:55:552:Wave-SN`. Balance
directives at the end make `bean-check` recompute every account and compare with ours.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from django.utils.timezone import localdate

from billing import money
from billing.ledger import chart
from billing.ledger.draft import AccountKey
from billing.ledger.exports.names import told_apart
from billing.ledger.facts import PostingFact

_ROOTS = {"1": "Equity", "2": "Assets", "3": "Assets", "6": "Expenses", "7": "Income", "8": "Expenses"}


def header(accounts: Sequence[AccountKey], *, on: date) -> Iterator[str]:
    """Opens every account, on the day of the first entry, for the currencies it is held in."""
    currencies: dict[str, set[str]] = defaultdict(set)
    labels: dict[str, str] = {}
    for account in accounts:
        currencies[account_name(account)].add(account.currency)
        labels[account_name(account)] = chart.label(account.code)
    yield 'option "title" "Coko"'
    for currency in sorted({account.currency for account in accounts}):
        yield f'option "operating_currency" "{currency}"'
    for name in sorted(currencies):
        yield f"{on} open {name} {','.join(sorted(currencies[name]))}\n  label: {_quoted(labels[name])}"


def transaction(lines: Sequence[PostingFact]) -> str:
    entry = lines[0].entry
    first = f"{localdate(entry.happened_at)} * {_quoted(entry.description)} #{entry.journal} ^{entry.id}"
    return "\n".join([first, f"  source: {_quoted(entry.source_ref)}", *map(_posting, lines)]) + "\n"


def opening(balances: Sequence[tuple[AccountKey, int]], *, on: date) -> str:
    """What was there before, as one transaction; it balances, as the books do."""
    brought = [
        f"  {account_name(account)}  {money.plain(minor, account.currency)} {account.currency}"
        for account, minor in balances
    ]
    return "\n".join([f'{on} * "Soldes à nouveau"', *brought]) + "\n"


def closing(balances: Sequence[tuple[AccountKey, int]], *, on: date) -> str:
    """Asserts balances on the morning after; a balance directive includes the accounts below, so ours does too."""
    totals: Counter[tuple[str, str]] = Counter()
    for account, minor in balances:
        for name in {account_name(account), account_name(account, with_holder=False)}:
            totals[name, account.currency] += minor
    held = {(account_name(account), account.currency) for account, _ in balances}
    morning = on + timedelta(days=1)
    return "".join(
        f"{morning} balance {name} {money.plain(totals[name, currency], currency)} {currency}\n"
        for name, currency in sorted(held)
    )


# Names that no other name of ours is spelled like: codes, wallets (`wave:SN`), public ids (`pye_…`), legal entities.
_FAITHFUL = re.compile(r"\A(?:[0-9]+|[a-z][a-zA-Z0-9]*(?::[a-zA-Z0-9]+)*|[a-z]{3}_[0-9a-z]{26}|[a-z]+-[a-z]{2})\Z")


def account_name(account: AccountKey, *, with_holder: bool = True) -> str:
    code = account.code
    parts = [account.entity, code[0], code[:2], code]
    if with_holder and account.holder:
        parts.append(account.holder)
    return ":".join([_root(code), *map(_component, parts)])


def _root(code: str) -> str:
    usual = "Assets" if chart.account(code).side is chart.Side.DEBIT else "Liabilities"
    return _ROOTS.get(code[0], usual)


def _component(text: str) -> str:
    plain = re.sub(r"[^A-Za-z0-9-]", "-", text)
    plain = plain[0].upper() + plain[1:] if plain[0].isalnum() else "X" + plain
    return plain if _FAITHFUL.match(text) else told_apart(plain, text)


def _posting(line: PostingFact) -> str:
    currency = line.account.currency
    return f"  {account_name(line.account)}  {money.plain(line.amount_minor, currency)} {currency}"


def _quoted(text: str) -> str:
    escaped = re.sub(r"\s+", " ", text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
