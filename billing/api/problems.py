"""Every refusal of the API as `application/problem+json` (RFC 9457): one table from exception to status, code, title.

A package above billing adds its own refusals with `register`. An exception in no table is a bug and stays one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, TooManyFieldsSent
from django.http import Http404, UnreadablePostError
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions, serializers
from rest_framework.response import Response
from rest_framework.views import set_rollback

import billing.configuration.queries as configuration
import billing.invoices.operations as invoices
import billing.outbox.operations as outbox
import billing.payments.operations as payments
import billing.pricing.operations as pricing
import billing.refunds.operations as refunds
import billing.subscriptions.operations as subscriptions
from billing.api import idempotency, parsers
from billing.invoices.queries import NoSuchCreditNote, NoSuchInvoice

CONTENT_TYPE = "application/problem+json"
Text = str | Promise


@dataclass(frozen=True, slots=True)
class Problem:
    """How one kind of refusal is told. `shows` names attributes of the exception that the caller may see."""

    status: int
    code: str
    title: Text
    shows: tuple[str, ...] = ()


BAD_INPUT = Problem(400, "bad_input", _("Certains champs sont à corriger."))
NOT_FOUND = Problem(404, "not_found", _("Rien n’existe à cette adresse."))
TOO_LARGE = Problem(413, "body_too_large", _("Le corps de la requête dépasse 64 ko."))

_TABLE: dict[type[Exception], Problem] = {
    exceptions.ValidationError: BAD_INPUT,
    exceptions.ParseError: Problem(400, "unreadable_body", _("Le corps de la requête est illisible.")),
    exceptions.NotAuthenticated: Problem(401, "not_authenticated", _("Une clé d’API ou un jeton est nécessaire.")),
    exceptions.AuthenticationFailed: Problem(401, "bad_credentials", _("La clé ou le jeton n’est pas valable.")),
    exceptions.PermissionDenied: Problem(403, "forbidden", _("Votre compte n’a pas ce droit.")),
    PermissionDenied: Problem(403, "forbidden", _("Votre compte n’a pas ce droit.")),
    exceptions.NotFound: NOT_FOUND,
    Http404: NOT_FOUND,
    exceptions.MethodNotAllowed: Problem(405, "method_not_allowed", _("Cette adresse n’accepte pas cette méthode.")),
    exceptions.NotAcceptable: Problem(406, "not_acceptable", _("L’API ne répond qu’en JSON.")),
    exceptions.UnsupportedMediaType: Problem(415, "unsupported_media_type", _("Envoyez du JSON (application/json).")),
    exceptions.Throttled: Problem(429, "too_many_requests", _("Trop de demandes : patientez avant de réessayer.")),
    parsers.BodyTooLarge: TOO_LARGE,
    RequestDataTooBig: TOO_LARGE,
    TooManyFieldsSent: Problem(400, "unreadable_body", _("Le corps de la requête est illisible.")),
    UnreadablePostError: Problem(400, "unreadable_body", _("Le corps de la requête est arrivé incomplet.")),
    idempotency.KeyMissing: Problem(
        400, "idempotency_key_missing", _("L’en-tête Idempotency-Key manque (1 à 255 caractères ASCII visibles).")
    ),
    idempotency.KeyReused: Problem(
        422, "idempotency_key_reused", _("Cette clé d’idempotence a déjà servi à une autre demande.")
    ),
    idempotency.KeyBusy: Problem(
        409, "idempotency_key_busy", _("La première demande avec cette clé est encore en cours : réessayez bientôt.")
    ),
    NoSuchInvoice: Problem(404, "no_such_invoice", _("Cette facture n’existe pas.")),
    NoSuchCreditNote: Problem(404, "no_such_credit_note", _("Cet avoir n’existe pas.")),
    invoices.MixedCurrencies: Problem(422, "mixed_currencies", _("Une facture n’a qu’une devise.")),
    invoices.NothingToPay: Problem(422, "nothing_to_pay", _("Le bon ne laisse rien à payer.")),
    pricing.CouponRefused: Problem(422, "coupon_refused", _("Ce bon ne compte pas pour cet achat."), shows=("reason",)),
    pricing.CouponExists: Problem(409, "coupon_exists", _("Vous avez déjà un bon de ce code.")),
    pricing.NoSuchCoupon: Problem(404, "no_such_coupon", _("Ce bon n’existe pas.")),
    configuration.NoSeller: Problem(422, "not_sold_there", _("Nous ne vendons pas encore dans ce pays.")),
    payments.NoSuchPayment: Problem(404, "no_such_payment", _("Ce paiement n’existe pas.")),
    payments.InvoiceNotOpen: Problem(409, "invoice_not_open", _("Cette facture est déjà payée ou annulée.")),
    payments.PaymentInProgress: Problem(
        409, "payment_in_progress", _("Un paiement de cette facture est déjà en cours."), shows=("payment_ref",)
    ),
    payments.AmountOutOfRange: Problem(
        422, "amount_out_of_range", _("Ce moyen de paiement n’accepte pas un tel montant en une fois.")
    ),
    payments.WalletResting: Problem(
        503, "wallet_resting", _("Ce portefeuille ne répond pas en ce moment : proposez-en un autre.")
    ),
    payments.TooManyAttempts: Problem(
        429, "too_many_attempts", _("Ce téléphone a déjà plusieurs paiements en attente de son accord.")
    ),
    payments.TakesNoCode: Problem(409, "takes_no_code", _("Ce portefeuille n’attend pas de code.")),
    refunds.NoSuchRefund: Problem(404, "no_such_refund", _("Ce remboursement n’existe pas.")),
    refunds.NothingCaptured: Problem(409, "nothing_captured", _("Ce paiement n’a rien apporté : rien à rembourser.")),
    refunds.MoreThanCaptured: Problem(
        422, "more_than_captured", _("C’est plus que ce qui reste à rembourser."), shows=("left_minor", "currency")
    ),
    refunds.NoWayBack: Problem(
        422, "no_way_back", _("Ce portefeuille ne reprend rien : adressez-vous à la finance pour un autre moyen.")
    ),
    refunds.ReasonMissing: Problem(400, "reason_missing", _("Un remboursement demande une raison.")),
    subscriptions.NoSuchPlan: Problem(404, "no_such_plan", _("Cette formule n’existe pas.")),
    subscriptions.PlanExists: Problem(409, "plan_exists", _("Ce code désigne déjà une autre formule.")),
    subscriptions.PlanNotOffered: Problem(409, "plan_not_offered", _("Cette formule n’est plus proposée.")),
    pricing.PriceAlreadyPlanned: Problem(409, "price_planned", _("Un autre prix est déjà prévu pour plus tard.")),
    subscriptions.NoSuchSubscription: Problem(404, "no_such_subscription", _("Cet abonnement n’existe pas.")),
    subscriptions.AlreadySubscribed: Problem(
        409, "already_subscribed", _("Cette personne a déjà cette formule."), shows=("subscription_ref",)
    ),
    subscriptions.SubscriptionEnded: Problem(409, "subscription_ended", _("Cet abonnement est terminé.")),
    subscriptions.OwesMoney: Problem(409, "period_not_paid", _("Une période n’est pas encore payée.")),
    subscriptions.NotNow: Problem(409, "not_now", _("L’état de l’abonnement ne le permet pas.")),
    subscriptions.NothingToChange: Problem(409, "nothing_to_change", _("C’est déjà cette formule.")),
    subscriptions.NothingLeftToPause: Problem(
        422, "nothing_to_pause", _("La période se termine avant le début de la pause.")
    ),
    subscriptions.PaymentOnItsWay: Problem(
        409, "payment_on_its_way", _("La facture vient d’être payée : réessayez dans un instant.")
    ),
    subscriptions.NoCollectionRule: Problem(
        422, "no_collection_rule", _("Personne n’a dit comment relancer les abonnés de ce pays.")
    ),
    subscriptions.NoSuchClock: Problem(404, "no_such_test_clock", _("Cette horloge d’essai n’existe pas.")),
    subscriptions.ClockGoesForward: Problem(
        422, "clock_goes_forward", _("Une horloge d’essai avance, de deux ans au plus.")
    ),
    subscriptions.ClocksAreOff: Problem(403, "test_clocks_off", _("Il n’y a pas d’horloge d’essai en production.")),
    outbox.EndpointExists: Problem(
        409, "endpoint_exists", _("Cette adresse est déjà enregistrée."), shows=("endpoint_ref",)
    ),
}


def register(problems: Mapping[type[Exception], Problem]) -> None:
    """Add refusals of other packages to the table."""
    _TABLE.update(problems)


def known() -> tuple[Problem, ...]:
    """Every problem the API may answer, one a code, for the documentation."""
    by_code = {problem.code: problem for problem in _TABLE.values()}
    return tuple(sorted(by_code.values(), key=lambda problem: (problem.status, problem.code)))


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The answer to a refusal; None for a bug, which Django then answers with a 500 and reports."""
    problem = _problem_of(error)
    if problem is None:
        return None
    set_rollback()
    return Response(
        document(problem, error), status=problem.status, headers=_headers(problem, error), content_type=CONTENT_TYPE
    )


def document(problem: Problem, error: Exception | None = None) -> dict[str, Any]:
    """The problem as it travels."""
    told: dict[str, Any] = {
        "type": f"{settings.BASE_URL}/api/v1/docs/#{problem.code}",
        "title": str(problem.title),
        "status": problem.status,
        "detail": _detail(problem, error),
        "code": problem.code,
    }
    if isinstance(error, exceptions.ValidationError):
        told["errors"] = [{"field": field, "message": message} for field, message in _flat(error.detail)]
    for name in problem.shows:
        told[name] = getattr(error, name)
    return told


def _problem_of(error: Exception) -> Problem | None:
    """The closest entry: a subclass is told like its parent unless it has words of its own."""
    return next((_TABLE[kind] for kind in type(error).__mro__ if kind in _TABLE), None)


def _detail(problem: Problem, error: Exception | None) -> str:
    # Only the framework's exceptions and our parser's speak to the caller; the text of a refusal is for our log.
    speaks = isinstance(error, exceptions.ParseError | exceptions.AuthenticationFailed | exceptions.MethodNotAllowed)
    return str(error) if speaks else str(problem.title)


def _headers(problem: Problem, error: Exception) -> dict[str, str]:
    headers = {}
    if problem.status == 401:
        headers["WWW-Authenticate"] = getattr(error, "auth_header", "") or 'Bearer realm="coko"'
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait))
    return headers


def _flat(detail: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """`{"items": [{}, {"edition": ["…"]}]}` as `("items.1.edition", "…")`."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            yield from _flat(inner, path if name == "non_field_errors" else f"{path}.{name}".lstrip("."))
    elif isinstance(detail, list) and any(isinstance(inner, Mapping | list) for inner in detail):
        for position, inner in enumerate(detail):
            yield from _flat(inner, f"{path}.{position}".lstrip("."))
    elif isinstance(detail, list):
        for inner in detail:
            yield path, str(inner)
    else:
        yield path, str(detail)


class FieldError(serializers.Serializer[Any]):
    """One field to correct, by its path in the request."""

    field = serializers.CharField()
    message = serializers.CharField()


class ProblemDocument(serializers.Serializer[Any]):
    """The shape of every refusal, for the schema."""

    type = serializers.URLField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField(help_text="Stable: programs may decide by it.")
    errors = FieldError(many=True, required=False)  # type: ignore[assignment]  # a field, not the property
