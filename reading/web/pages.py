"""The library and one of its books: request → one query or operation → page."""

from dataclasses import dataclass
from fractions import Fraction

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from billing import ids
from reading import library
from reading.activity.operations import SessionReused
from reading.library import ShelfItem
from reading.web.reading_form import ReadingForm, proposed

DEVICE = "web"


@dataclass(frozen=True, slots=True)
class Card:
    """A book as the pages show it."""

    item: ShelfItem

    @property
    def authors(self) -> str:
        return ", ".join(one.name for one in self.item.edition.contributors if one.role == "author")

    @property
    def progress_rate(self) -> Fraction | None:
        """The part of the pages that was read, in whole hundredths; None when there is nothing to count."""
        if self.item.progress is None or not self.item.edition.page_count:
            return None
        return Fraction(100 * self.item.progress.read_count // self.item.edition.page_count, 100)


@require_safe
@login_required
def shelf(request: HttpRequest) -> HttpResponse:
    """Everything the reader may open."""
    cards = [Card(item) for item in library.shelf(str(request.user.pk))]
    return render(request, "reading_web/library.html", {"cards": cards})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def book(request: HttpRequest, edition_ref: str) -> HttpResponse:
    """One book: its details, whether and why the reader may open it, and where they are in it."""
    if not ids.looks_like(edition_ref, "edn"):
        raise Http404
    user_ref = str(request.user.pk)
    try:
        item = library.item(user_ref=user_ref, edition_ref=edition_ref)
    except library.NoSuchEdition:
        raise Http404 from None
    permission = library.may_open(user_ref=user_ref, edition_ref=edition_ref)
    readable = permission.may and item.edition.page_count is not None
    if request.method == "POST":
        return _mark(request, item, permission) if readable else _page(request, item, permission, None, status=403)
    return _page(request, item, permission, _form(item) if readable else None)


def _form(item: ShelfItem) -> ReadingForm:
    return ReadingForm(initial=proposed(item), page_count=item.edition.page_count or 1)


def _mark(request: HttpRequest, item: ShelfItem, permission: library.Permission) -> HttpResponse:
    form = ReadingForm(request.POST, page_count=item.edition.page_count or 1)
    if not form.is_valid():
        return _page(request, item, permission, form, status=422)
    now = timezone.now()
    first, last = form.cleaned_data["first_page"], form.cleaned_data["last_page"]
    try:
        library.record(
            user_ref=str(request.user.pk),
            edition_ref=item.edition.id,
            device_ref=DEVICE,
            client_uuid=form.cleaned_data["session"],
            started_at=now,  # somebody's word, not a measurement: it has a moment, no duration
            ended_at=now,
            first_page=first,
            last_page=last,
            at=now,
        )
        messages.success(request, _marked(last - first + 1), extra_tags="ok")
    except SessionReused:
        message = _("Cette page était ancienne : rien n’a été ajouté. Indiquez de nouveau vos pages.")
        messages.warning(request, message, extra_tags="warn")
    return redirect("library-book", item.edition.id)


def _marked(count: int) -> str:
    return ngettext("%d page marquée comme lue.", "%d pages marquées comme lues.", count) % count


def _page(
    request: HttpRequest,
    item: ShelfItem,
    permission: library.Permission,
    form: ReadingForm | None,
    status: int = 200,
) -> HttpResponse:
    context = {"card": Card(item), "edition": item.edition, "progress": item.progress, "form": form}
    context["permission"] = permission
    return render(request, "reading_web/book.html", context, status=status)
