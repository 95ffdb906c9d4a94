"""One entry: its lines, its dates, what it takes back or is taken back by, what it settles, and where it is sealed."""

from collections import defaultdict

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from billing.ledger import chart, seals
from billing.ledger import queries as ledger
from billing.ledger.facts import EntryFact, PostingFact
from reports import holders
from reports.books import account_label
from reports.web import asked, documents
from reports.web.access import finance_only

PROOF_ENTRIES_MAX = 20_000  # a proof hashes the whole day; beyond that `ledger_seals --proof` has the time


@finance_only
def entry(request: HttpRequest, entry_ref: str) -> HttpResponse:
    """The whole entry."""
    try:
        fact = ledger.entry(entry_ref)
    except ledger.NoSuchEntry:
        raise Http404 from None
    lines, name = ledger.entry_lines(fact.id), holders.naming()
    context = {
        "entry": fact,
        "entity": lines[0].account.entity,
        "journal": chart.journal_name(fact.journal, get_language() or "fr"),
        "document": documents.address(fact.source_ref),
        "lines": [_shown(line, name(line.account.holder)) for line in lines],
        "totals": _totals(lines),
        "hold": ledger.hold(fact.settles) if fact.settles else None,
        **_sealed(fact),
    }
    return render(request, "reports_web/entry.html", context)


def _shown(line: PostingFact, holder: str) -> dict[str, object]:
    return {
        "account": line.account,
        "label": account_label(line.account.code),
        "holder": holder,
        "minor": line.amount_minor,
        "magnitude": abs(line.amount_minor),
        "statement": f"{reverse('reports:account')}?{asked.query(**asked.names(line.account))}",
    }


def _totals(lines: tuple[PostingFact, ...]) -> list[tuple[str, int]]:
    """Currency and what was moved in it: the debits, which the credits equal."""
    sums: dict[str, int] = defaultdict(int)
    for line in lines:
        sums[line.account.currency] += max(line.amount_minor, 0)
    return sorted(sums.items())


def _sealed(fact: EntryFact) -> dict[str, object]:
    """Its day's seal, and its way up to it: reckoned now from the entries, not read from where it was stored."""
    seal = ledger.seal_of(timezone.localdate(fact.recorded_at))
    if seal is None or seal.entry_count > PROOF_ENTRIES_MAX:
        return {"seal": seal}
    try:
        proof = ledger.proof(fact.id)
    except ledger.ContentAltered:
        return {"seal": seal, "altered": True}
    return {"seal": seal, "proof": proof, "leaf": seals.leaf_hash(proof.record)}
