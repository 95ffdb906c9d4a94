"""States and sources of payments in words, for finance. What is not known here is shown as it is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from billing.payments.facts import PaymentEventFact

_STATES = {
    "created": ("wait", _("préparé")),
    "pending": ("wait", _("en attente du payeur")),
    "unknown": ("wait", _("sans réponse du portefeuille")),
    "succeeded": ("ok", _("réussi")),
    "failed": ("danger", _("refusé")),
    "expired": ("warn", _("expiré")),
    "needs_review": ("warn", _("à vérifier par une personne")),
}
_SOURCES = {
    "start": _("au départ"),
    "poll": _("demandé au portefeuille"),
    "notification": _("annoncé par le portefeuille"),
    "return": _("au retour du payeur"),
    "sweep": _("repris par la tournée"),
    "cancel": _("à l’annulation"),
}
_FLAGS = {
    "late_success": _("payé après l’échéance"),
    "duplicate": _("payé deux fois"),
    "amount_mismatch": _("montant différent"),
}


@dataclass(frozen=True, slots=True)
class Sign:
    """A state as a badge: how it is coloured, and the word."""

    colour: str
    word: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a payment."""

    happened_at: datetime
    sign: Sign
    source: str
    note: str


def state(code: str) -> Sign:
    colour, word = _STATES.get(code, ("", code))
    return Sign(colour, str(word))


def flags(codes: Iterable[str]) -> list[str]:
    return [str(_FLAGS.get(code, code)) for code in codes]


def step(event: PaymentEventFact) -> Step:
    return Step(event.happened_at, state(event.state), str(_SOURCES.get(event.source, event.source)), event.note)
