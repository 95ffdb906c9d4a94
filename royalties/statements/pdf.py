"""The statement as a file. Made once from the stored document, then the same bytes for ever."""

import hashlib
from datetime import date

import segno
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation

from royalties import periods
from royalties.payees import queries as payees
from royalties.statements import queries
from royalties.statements.facts import StatementFact
from royalties.statements.models import StatementPdf


def render(statement_ref: str) -> bytes:
    """The PDF, in the payee's language. The first call makes and keeps it.

    :raises royalties.statements.queries.NoSuchStatement: nothing has that reference.
    """
    kept = StatementPdf.objects.filter(pk=statement_ref).first()
    if kept is None:
        _keep(statement_ref, _make(queries.statement(statement_ref)))
        kept = StatementPdf.objects.get(pk=statement_ref)
    return bytes(kept.content)


def _make(statement: StatementFact) -> bytes:
    language = payees.payee(statement.payee_ref).language
    with translation.override(language):
        html = render_to_string("royalties_statements/statement.html", _context(statement, language))
    from billing import paper  # takes a second to import: only who prints pays for it

    return paper.from_html(html, title=f"{statement.number} · {statement.payee_name}", language=language)


def _context(statement: StatementFact, language: str) -> dict[str, object]:
    address = f"{settings.BASE_URL}/author/statements/{statement.id}/"
    return {
        "statement": statement,
        "language": language,
        "month": month_of(statement.period),
        "address": address,
        # Inline, because paper opens nothing, not even `data:`.
        "qr": segno.make(address, error="m").svg_inline(border=0, omitsize=True),
    }


def month_of(period: str) -> date:
    """The month as a date, for templates to spell."""
    return periods.bounds(period)[0].date()


def _keep(statement_ref: str, content: bytes) -> None:
    # Two first readers may both make it; the first to arrive here is kept, and both are given that one.
    made = StatementPdf(statement_id=statement_ref, content=content, sha256=hashlib.sha256(content).hexdigest())
    StatementPdf.objects.bulk_create([made], ignore_conflicts=True)
