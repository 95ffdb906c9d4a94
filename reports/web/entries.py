"""One entry: its lines, its dates, what it takes back or is taken back by, what it settles, and where it is sealed."""

from collections import defaultdict

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language

from billing.ledger import chart, seals
from billing.ledger import queries as ledger
from billing.ledger.facts import PostingFact, ProofFact
from reports import holders
from reports.books import account_label
from reports.web import asked, documents
from reports.web.access import finance_only


@finance_only
def entry(request: HttpRequest, entry_ref: str) -> HttpResponse:
    """The whole entry."""
    try:
        fact = ledger.entry(entry_ref)
    except ledger.NoSuchEntry:
        raise Http404 from None
    lines, name = ledger.entry_lines(fact.id), holders.naming()
    proof = ledger.proof(fact.id)
    context = {
        "entry": fact,
        "entity": lines[0].account.entity,
        "journal": chart.journal_name(fact.journal, get_language() or "fr"),
        "document": documents.address(fact.source_ref),
        "lines": [_shown(line, name(line.account.holder)) for line in lines],
        "totals": _totals(lines),
        "hold": ledger.hold(fact.settles) if fact.settles else None,
        "proof": proof,
        "proof_holds": proof is not None and _leads_to_the_root(proof),
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


def _leads_to_the_root(proof: ProofFact) -> bool:
    """Reckoned now from the entry itself, not read from where the seal was stored."""
    if proof.path is None:
        return False
    try:
        root = seals.root_from_proof(
            leaf=proof.leaf, position=proof.position, size=proof.seal.entry_count, path=proof.path
        )
    except ValueError:
        return False
    return root == proof.seal.root
