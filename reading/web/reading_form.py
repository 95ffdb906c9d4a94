"""The form that marks pages as read. It carries its own UUID, so that a page posted twice is one session."""

from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from reading.library import ShelfItem

STEP = 10


class ReadingForm(forms.Form):
    """From which page to which."""

    session = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, page_count: int, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["first_page"] = forms.IntegerField(label=_("De la page"), min_value=1, max_value=page_count)
        self.fields["last_page"] = forms.IntegerField(label=_("à la page"), min_value=1, max_value=page_count)

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        first, last = told.get("first_page"), told.get("last_page")
        if first and last and last < first:
            self.add_error("last_page", _("La dernière page vient avant la première."))
        return told


def proposed(item: ShelfItem) -> dict[str, Any]:
    """The next ten pages."""
    page_count = item.edition.page_count or 1
    first = min((item.progress.furthest_page if item.progress else 0) + 1, page_count)
    return {"session": uuid4(), "first_page": first, "last_page": min(first + STEP - 1, page_count)}
