"""The form that says what became of money nobody could tell of, for payments, refunds and payouts alike.

What it says is read here, whoever decides is asked once, and the answer is put into a sentence.
"""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from billing.web import desk


@dataclass(frozen=True, slots=True)
class Question:
    """What a form may say, and the sentences for what came of it."""

    yes: str  # the values of `outcome`
    no: str
    noted_yes: Promise
    noted_no: Promise
    too_late: Promise
    reason_missing: type[Exception]
    nothing_to_decide: type[Exception]

    def put(self, request: HttpRequest, decide: Callable[[bool, str], object]) -> None:
        """Hand the answer and its reason to whoever decides, and say what came of it."""
        arrived = said(request, yes=self.yes, no=self.no)
        if arrived is None:
            return
        try:
            decide(arrived, desk.reason(request))
        except self.reason_missing:
            messages.warning(request, no_reason())
        except self.nothing_to_decide:
            messages.warning(request, str(self.too_late))
        else:
            messages.success(request, str(self.noted_yes if arrived else self.noted_no))


def said(request: HttpRequest, *, yes: str, no: str) -> bool | None:
    """Whether the money arrived; None, and the person is told, when the form does not say."""
    answer = {yes: True, no: False}.get(request.POST.get("outcome", ""))
    if answer is None:
        messages.warning(request, _("Dites si la somme est arrivée ou non. Rien n’a changé."))
    return answer


def no_reason() -> str:
    return _("Dites d’où vous le savez : c’est ce qu’on lira plus tard. Rien n’a changé.")


def asked(request: HttpRequest, word: str) -> None:
    """Say what the wallet answered."""
    messages.info(request, _("Le portefeuille a été interrogé : %s.") % word)
