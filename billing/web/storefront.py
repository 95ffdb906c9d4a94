"""The shop window: what there is, and what it costs here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from zlib import crc32

from babel import Locale
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

import billing.pricing.queries as pricing
import catalog.queries as catalog
from billing.pricing.facts import PriceFact
from billing.web import country, wording
from catalog.facts import EditionFact

PER_PAGE = 12
COVERS = 6


@dataclass(frozen=True, slots=True)
class Card:
    """One edition as the shop shows it. `price` is None where it is not sold."""

    edition: EditionFact
    price: PriceFact | None

    @property
    def authors(self) -> str:
        return ", ".join(one.name for one in self.edition.contributors if one.role == "author")

    @property
    def cover(self) -> int:
        """Which of the drawn covers it has, always the same one."""
        return crc32(self.edition.book_ref.encode()) % COVERS

    @property
    def others(self) -> list[tuple[str, str]]:
        """Who else worked on it: role and name."""
        return [(wording.role(one.role), one.name) for one in self.edition.contributors if one.role != "author"]

    @property
    def kind(self) -> str:
        return wording.kind(self.edition.kind)

    @property
    def language(self) -> str:
        return language_name(self.edition.language)


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Search, filters, and a page of cards."""
    filters, number = _filters(request), _page_number(request)
    total = catalog.edition_count(**filters)
    editions = catalog.editions(
        **filters, first_language=get_language() or "fr", limit=PER_PAGE, offset=(number - 1) * PER_PAGE
    )
    context = {
        "cards": cards(editions, country.chosen(request)),
        "filters": filters,
        "filtered": any(filters.values()),
        "total": total,
        "categories": catalog.categories(),
        "languages_sold": [(code, language_name(code)) for code in catalog.languages()],
        **_paging(filters, number, total),
        **shop(request),
    }
    return render(request, "billing_web/home.html", context)


@require_safe
def book(request: HttpRequest, slug: str) -> HttpResponse:
    """One edition, its price here, and one thing to do: buy it."""
    try:
        edition = catalog.edition_by_slug(slug)
    except catalog.NoSuchEdition:
        raise Http404 from None
    (card,) = cards([edition], country.chosen(request))
    return render(request, "billing_web/book.html", {"card": card, "edition": edition, **shop(request)})


def cards(editions: Sequence[EditionFact], where: str) -> list[Card]:
    """The editions with their first price in that country: its own currency's, when there is one."""
    prices = pricing.prices(edition_refs=[edition.id for edition in editions], country=where, at=timezone.now())
    return [Card(edition, next(iter(prices[edition.id]), None)) for edition in editions]


def shop(request: HttpRequest) -> dict[str, Any]:
    """What every page of the shop shows: the country, and the others to choose from."""
    where = country.chosen(request)
    return {"country": where, "country_name": country.name(where), "countries": country.choices()}


def language_name(code: str) -> str:
    """What the language is called in the page's language."""
    return str(Locale(get_language() or "fr").languages.get(code, code))


def _filters(request: HttpRequest) -> dict[str, str]:
    given = {"search": "q", "language": "language", "category": "category"}
    # PostgreSQL knows no NUL character; nobody searches for one in earnest.
    return {name: request.GET.get(asked, "").replace("\x00", "").strip()[:100] for name, asked in given.items()}


def _page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 5 else 1


def _paging(filters: Mapping[str, str], number: int, total: int) -> dict[str, Any]:
    last = max(1, -(-total // PER_PAGE))
    return {
        "page": number,
        "pages": last,
        "previous": _address(filters, number - 1) if number > 1 else "",
        "next": _address(filters, number + 1) if number < last else "",
    }


def _address(filters: Mapping[str, str], number: int) -> str:
    named = {"q": filters["search"], "language": filters["language"], "category": filters["category"], "page": number}
    return "/?" + urlencode({name: value for name, value in named.items() if value})
