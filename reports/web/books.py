"""The pages of the books: balance générale, the accounts of a code, an account's statement, and the files."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from tempfile import TemporaryFile
from typing import Any

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.configuration.queries import NoExchangeRate
from billing.ledger import chart
from billing.ledger import queries as ledger
from billing.ledger.facts import BalanceFact, PostingFact
from billing.ledger.snapshot import snapshot
from reports import holders
from reports.books import BookName, account_label, six_columns, title_of, trial_balance
from reports.exports import files
from reports.exports.book_pdf import TooLongForPaper
from reports.fec import NoBooksCurrency
from reports.month import by_code
from reports.scope import Scope, end_of_day
from reports.web import asked, documents
from reports.web.access import Answer, finance_only, in_time

LINES_SHOWN = 40
ACCOUNTS_SHOWN = 200
PAPER_ROWS_MAX = 2_000  # about half a minute of layout; the command takes longer books


@dataclass(frozen=True, slots=True)
class Group:
    """Accounts of one class in one currency, and the sums of their six columns."""

    name: str
    rows: tuple[tuple[BalanceFact, Sequence[int]], ...]
    totals: tuple[int, ...]


@finance_only
@in_time
def balance(request: HttpRequest) -> HttpResponse:
    """The balance générale, by currency and class, each code opening to its accounts."""
    entities = ledger.entities()
    if not entities:
        return render(request, "reports_web/books_empty.html")
    scope = asked.scope(request, entities)
    balances = [row for row in by_code(trial_balance(scope)) if any(six_columns(row))]
    balances.sort(key=lambda row: (row.account.currency, row.account.code))
    context = {
        **_scope_context(scope, entities),
        "currencies": [
            (currency, groups := _groups(rows), _sums(group.totals for group in groups))
            for currency, rows in groupby(balances, key=lambda row: row.account.currency)
        ],
        "accounts_query": asked.query_of_scope(scope),
        "files": _files(scope),
    }
    return render(request, "reports_web/balance.html", context)


@finance_only
@in_time
def accounts(request: HttpRequest) -> Answer:
    """The accounts of one code, one a holder and currency; a single one opens at once."""
    entities = ledger.entities()
    scope, code = asked.scope(request, entities), asked.text(request, "code")
    rows = [row for row in trial_balance(scope, codes=(code,)) if any(six_columns(row))]
    if not rows:
        raise Http404
    if len(rows) == 1:
        return redirect(_statement_address(rows[0], scope))
    name, page = holders.naming(), _page_number(request)
    shown = rows[(page - 1) * ACCOUNTS_SHOWN : page * ACCOUNTS_SHOWN]
    more = page * ACCOUNTS_SHOWN < len(rows)
    context = {
        **_scope_context(scope, entities),
        "code": code,
        "label": account_label(code),
        "rows": [(row, name(row.account.holder), _statement_address(row, scope)) for row in shown],
        "count": len(rows),
        "back": f"{reverse('reports:books')}?{asked.query_of_scope(scope)}",
        "next": f"?{asked.query_of_scope(scope, code=code, page=str(page + 1))}" if more else "",
    }
    return render(request, "reports_web/accounts.html", context)


@finance_only
@in_time
def account(request: HttpRequest) -> HttpResponse:
    """An account's statement, by days, document and what was known: a page of lines with the balance after each."""
    key = asked.account(request)
    since, until, known = (asked.day(request, name) for name in ("since", "until", "known"))
    source, after = asked.text(request, "source"), asked.text(request, "after")
    try:
        statement = ledger.statement(
            account=key,
            since=None if since is None else end_of_day(since - timedelta(days=1)) + timedelta(microseconds=1),
            until=None if until is None else end_of_day(until) + timedelta(microseconds=1),
            known_at=None if known is None else end_of_day(known),
            source=source or None,
            after=after or None,
            limit=LINES_SHOWN,
        )
    except ledger.NoSuchEntry:
        raise Http404 from None
    filters = {
        name: asked.text(request, name) for name in ("since", "until", "known", "source") if asked.text(request, name)
    }
    begun = asked.query(**asked.names(key), **filters)
    context = {
        "account": key,
        "label": account_label(key.code),
        "holder": holders.naming()(key.holder),
        "statement": statement,
        "lines": [_line(line) for line in statement.lines],
        "filters": filters,
        "names": asked.names(key),
        "first": f"?{begun}" if after else "",
        "next": "" if statement.is_complete else f"?{begun}&after={statement.lines[-1].entry.id}",
    }
    return render(request, "reports_web/account.html", context)


@finance_only
def file(request: HttpRequest) -> Answer:
    """A book as a file: written first, sent then, so that a slow phone holds nothing open."""
    scope = asked.scope(request, ledger.entities())
    name, form = _file_asked(request)
    written = TemporaryFile()  # noqa: SIM115  the answer closes it
    try:
        file_name = files.file_name(name, form, scope)
        with snapshot():
            files.write(name, form, scope, written, made_at=timezone.now(), paper_rows_max=PAPER_ROWS_MAX)
    except (TooLongForPaper, NoBooksCurrency, NoExchangeRate) as refusal:
        written.close()
        context = {"sentence": _refusal(refusal), "detail": str(refusal), "back": asked.query_of_scope(scope)}
        return render(request, "reports_web/file_refused.html", context, status=422)
    written.seek(0)
    return FileResponse(written, as_attachment=True, filename=file_name, content_type=files.MEDIA_TYPES[form])


def _file_asked(request: HttpRequest) -> tuple[str, files.Form]:
    name, form = asked.text(request, "book"), asked.text(request, "format")
    if form not in [known.value for known in files.FORMS.get(name, ())]:
        raise Http404
    return name, files.Form(form)


def _refusal(refusal: Exception) -> str:
    if isinstance(refusal, TooLongForPaper):
        return _("Ce livre est trop long pour le papier. Prenez Excel ou CSV, ou moins de mois.")
    if isinstance(refusal, NoExchangeRate):
        return _(
            "Une ligne est dans une autre devise et aucun cours n’est connu pour son jour. Importez le cours d’abord."
        )
    return _("Personne ne vend sous cette entité : la devise de ses livres est inconnue.")


def _scope_context(scope: Scope, entities: tuple[str, ...]) -> dict[str, Any]:
    known = "" if scope.known_at is None else timezone.localdate(scope.known_at).isoformat()
    return {"scope": scope, "known": known, "entities": entities, "today": timezone.localdate().isoformat()}


def _groups(rows: Iterable[BalanceFact]) -> list[Group]:
    language = get_language() or "fr"
    found = []
    for digit, members in groupby(rows, key=lambda row: row.account.code[0]):
        shown = tuple((row, six_columns(row)) for row in members)
        name = f"{digit} · {chart.class_name(digit, language)}"
        found.append(Group(name, shown, _sums(six for _row, six in shown)))
    return found


def _sums(rows: Iterable[Sequence[int]]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*rows, strict=True)))


def _files(scope: Scope) -> list[tuple[str, list[tuple[str, str]]]]:
    """Each book's name with its forms and their addresses."""
    named = {**{name.value: title_of(name) for name in BookName}, files.FEC: "FEC"}
    address = reverse("reports:file")
    return [
        (
            named[name],
            [
                (_form_name(form), f"{address}?{asked.query_of_scope(scope, book=name, format=form.value)}")
                for form in forms
            ],
        )
        for name, forms in files.FORMS.items()
    ]


def _form_name(form: files.Form) -> str:
    return {files.Form.XLSX: "Excel", files.Form.PDF: "PDF", files.Form.CSV: "CSV", files.Form.TXT: _("texte")}[form]


def _statement_address(row: BalanceFact, scope: Scope) -> str:
    return f"{reverse('reports:account')}?{asked.query_of_account(row.account, scope)}"


def _line(line: PostingFact) -> dict[str, Any]:
    return {
        "entry": line.entry,
        "minor": line.amount_minor,
        "magnitude": abs(line.amount_minor),
        "balance_minor": line.balance_minor,
        "document": documents.address(line.entry.source_ref),
    }


def _page_number(request: HttpRequest) -> int:
    given = asked.text(request, "page")
    return max(1, int(given)) if given.isascii() and given.isdigit() and len(given) < 7 else 1
