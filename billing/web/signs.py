"""States, sources, flags and reasons of money in and out in words, for finance. What is not known is shown as it is."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

import billing.references.queries as references

Word = str | Promise

_PAYMENTS: Mapping[str, tuple[str, Word]] = {
    "created": ("wait", _("préparé")),
    "pending": ("wait", _("en attente du payeur")),
    "unknown": ("wait", _("sans réponse du portefeuille")),
    "succeeded": ("ok", _("réussi")),
    "failed": ("danger", _("refusé")),
    "expired": ("warn", _("expiré")),
    "needs_review": ("warn", _("à vérifier par une personne")),
}
_REFUNDS: Mapping[str, tuple[str, Word]] = {
    "granted": ("wait", _("accordé, pas encore envoyé")),
    "paying_out": ("wait", _("dans un lot de versements")),
    "pending": ("wait", _("en cours chez le fournisseur")),
    "unknown": ("wait", _("sans réponse du portefeuille")),
    "succeeded": ("ok", _("rendu")),
    "failed": ("danger", _("non rendu")),
    "needs_review": ("warn", _("à vérifier par une personne")),
}
_PAYOUTS: Mapping[str, tuple[str, Word]] = {
    "prepared": ("wait", _("préparé")),
    "rejected": ("danger", _("rejeté")),
    "approved": ("wait", _("approuvé, en route")),
    "pending": ("wait", _("en cours chez le fournisseur")),
    "unknown": ("wait", _("sans réponse du portefeuille")),
    "succeeded": ("ok", _("versé")),
    "failed": ("danger", _("non versé")),
    "needs_review": ("warn", _("à vérifier par une personne")),
    "reversed": ("warn", _("rappelé")),
}
_BATCHES: Mapping[str, tuple[str, Word]] = {
    "prepared": ("wait", _("attend une seconde personne")),
    "approved": ("ok", _("approuvé")),
    "rejected": ("danger", _("rejeté")),
}
_DISPUTES: Mapping[str, tuple[str, Word]] = {
    "open": ("warn", _("ouverte")),
    "won": ("ok", _("gagnée")),
    "lost": ("danger", _("perdue")),
}
_DECISIONS: Mapping[str, tuple[str, Word]] = {
    "proposed": ("wait", _("attend une seconde personne")),
    "confirmed": ("ok", _("confirmée")),
    "withdrawn": ("danger", _("retirée")),
    "overtaken": ("warn", _("sans objet : le portefeuille a répondu")),
}
_SOURCES: Mapping[str, Word] = {
    "start": _("au départ"),
    "poll": _("demandé au portefeuille"),
    "notification": _("annoncé par le portefeuille"),
    "return": _("au retour du payeur"),
    "sweep": _("repris par la tournée"),
    "cancel": _("à l’annulation"),
    "code": _("avec le code du payeur"),
    "prepared": _("préparé"),
    "approved": _("approuvé"),
    "rejected": _("rejeté"),
    "send": _("à l’envoi"),
    "payout": _("par un versement"),
    "statement": _("par le relevé du portefeuille"),
    "proposed": _("décision proposée"),
    "withdrawn": _("retiré par une personne"),
    "again": _("remis au prochain lot"),
    "review": _("décidé par une personne"),
    "reversal": _("rappelé"),
}
_FLAGS: Mapping[str, Word] = {
    "late_success": _("payé après l’échéance"),
    "duplicate": _("payé deux fois"),
    "contradicted": _("contredit par le portefeuille"),
    "amount_mismatch": _("montant différent"),
    "amount_unknown": _("montant inconnu"),
    "reference_mismatch": _("réponse pour un autre paiement"),
    "provider_ref_taken": _("référence déjà prise"),
    "no_answer": _("aucune réponse dans le délai"),
    "never_known": _("inconnu du portefeuille"),
    "reversed_unseen": _("revenu avant d’être vu"),
}
# Why a payout was asked for and not prepared: `preparing.Refused.rule`.
_RULES: Mapping[str, Word] = {
    "no_route": _("ce portefeuille ne verse pas là, dans cette devise ou pour cette entité"),
    "below_minimum": _("moins que le minimum du portefeuille"),
    "not_a_step": _("pas un multiple de ce que le portefeuille accepte"),
    "not_covered": _("plus que ce qui reste dû sur ce compte"),
    "holder_unknown": _("ce numéro ne peut pas recevoir"),
    "already_asked": _("déjà dans un autre lot"),
}
_FAILURES: Mapping[str, Word] = {
    "payer_insufficient_funds": _("solde insuffisant"),
    "payer_account_blocked": _("portefeuille bloqué"),
    "payer_limit_reached": _("plafond atteint"),
    "payer_not_approved": _("non approuvé par le payeur"),
    "payer_not_found": _("aucun portefeuille à ce numéro"),
    "payee_not_found": _("aucun portefeuille à ce numéro"),
    "payee_limit_reached": _("plafond du bénéficiaire atteint"),
    "payee_account_blocked": _("portefeuille du bénéficiaire bloqué"),
    "merchant_insufficient_funds": _("notre portefeuille n’a pas assez"),
    "refund_not_allowed": _("le portefeuille n’accepte pas ce remboursement"),
    "request_invalid": _("demande refusée par le portefeuille"),
    "expired": _("délai passé"),
    "cancelled": _("annulé"),
    "unspecified": _("motif non précisé"),
}


class Event(Protocol):
    """What payments, refunds and payouts remember in common."""

    @property
    def state(self) -> str: ...
    @property
    def source(self) -> str: ...
    @property
    def note(self) -> str: ...
    @property
    def happened_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True)
class Sign:
    """A state as a badge: how it is coloured, and the word."""

    colour: str
    word: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened."""

    happened_at: datetime
    sign: Sign
    source: str
    note: str
    by: str  # the name of who did it; empty when nobody did


def payment(code: str) -> Sign:
    return _sign(_PAYMENTS, code)


def refund(code: str) -> Sign:
    return _sign(_REFUNDS, code)


def payout(code: str) -> Sign:
    return _sign(_PAYOUTS, code)


def batch(code: str) -> Sign:
    return _sign(_BATCHES, code)


def dispute(code: str) -> Sign:
    return _sign(_DISPUTES, code)


def decision(code: str) -> Sign:
    return _sign(_DECISIONS, code)


def flags(codes: Iterable[str]) -> list[str]:
    return [str(_FLAGS.get(code, code)) for code in codes]


def rule(code: str) -> str:
    """Why a payout was not prepared."""
    return str(_RULES.get(code, code))


def failure(reason: str | None) -> str:
    return str(_FAILURES.get(reason or "", reason or ""))


def payment_steps(events: Iterable[Event]) -> list[Step]:
    return _steps(events, _PAYMENTS)


def refund_steps(events: Iterable[Event]) -> list[Step]:
    return _steps(events, _REFUNDS)


def payout_steps(events: Iterable[Event]) -> list[Step]:
    return _steps(events, _PAYOUTS)


def _steps(events: Iterable[Event], states: Mapping[str, tuple[str, Word]]) -> list[Step]:
    events = list(events)
    names = references.user_names({getattr(event, "by", "") for event in events})
    return [_step(event, states, names) for event in events]


def _step(event: Event, states: Mapping[str, tuple[str, Word]], names: Mapping[str, str]) -> Step:
    by = getattr(event, "by", "")
    source = str(_SOURCES.get(event.source, event.source))
    return Step(event.happened_at, _sign(states, event.state), source, event.note, names.get(by, by))


def _sign(states: Mapping[str, tuple[str, Word]], code: str) -> Sign:
    colour, word = states.get(code, ("", code))
    return Sign(colour, str(word))
