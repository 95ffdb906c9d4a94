"""What the address of a page of the books asks for: whose, which months or days, as known when."""

from datetime import date, timedelta
from urllib.parse import urlencode

from django.http import Http404, HttpRequest
from django.utils import timezone

from billing.ledger import queries as ledger
from billing.ledger.draft import AccountKey
from reports.scope import MonthsReversed, Scope, end_of_day
from royalties import periods

_TEXT_MAX = 200


def scope(request: HttpRequest, entities: tuple[str, ...]) -> Scope:
    """The entity asked for or the first, the months asked for or the current one.

    A last month before the first is taken to be the first: who picks one after the other passes through that.

    :raises Http404: no such entity, or what should be a month or a day is none.
    """
    entity = text(request, "entity") or (entities[0] if entities else "")
    if entity not in entities:
        raise Http404
    current = periods.of(timezone.now())
    first = text(request, "from") or current
    known = day(request, "known")
    known_at = None if known is None else end_of_day(known)
    try:
        return Scope(entity, first, text(request, "to") or first, known_at)
    except MonthsReversed:
        return Scope(entity, first, first, known_at)
    except periods.MalformedPeriod:
        raise Http404 from None


def account(request: HttpRequest) -> AccountKey:
    """
    :raises Http404: one of the names is missing, or no such legal entity is known.
    """
    key = AccountKey(*(text(request, name) for name in ("entity", "code", "currency", "holder")))
    if key.entity not in ledger.entities() or not (key.code and key.currency):
        raise Http404
    return key


def day(request: HttpRequest, name: str) -> date | None:
    """
    :raises Http404: something is given, and it is no day.
    """
    given = text(request, name)
    try:
        found = date.fromisoformat(given) if given else None
    except ValueError:
        raise Http404 from None
    if found is not None and not 2000 <= found.year < 2100:  # as months are
        raise Http404
    return found


def text(request: HttpRequest, name: str) -> str:
    """What is given under a name, without what no name or number holds."""
    return request.GET.get(name, "").replace("\x00", "").strip()[:_TEXT_MAX]


def query_of_scope(asked: Scope, **more: str) -> str:
    """The scope as the end of an address."""
    known = "" if asked.known_at is None else timezone.localdate(asked.known_at).isoformat()
    return query(entity=asked.entity, **{"from": asked.first}, to=asked.last, known=known, **more)


def query_of_account(key: AccountKey, asked: Scope) -> str:
    """The account's statement in the scope's days, as the end of an address."""
    known = "" if asked.known_at is None else timezone.localdate(asked.known_at).isoformat()
    since = timezone.localdate(asked.since).isoformat()
    until = timezone.localdate(asked.until - timedelta(microseconds=1)).isoformat()
    return query(**names(key), since=since, until=until, known=known)


def names(key: AccountKey) -> dict[str, str]:
    return {"entity": key.entity, "code": key.code, "currency": key.currency, "holder": key.holder}


def query(**given: str) -> str:
    return urlencode({name: value for name, value in given.items() if value})
