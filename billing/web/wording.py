"""What the pages say about payments: what happened, whether money moved, what to do next."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.payments.states import State

Text = str | Promise

_KINDS: Mapping[str, Text] = {
    "ebook": _("Livre numérique"),
    "audio": _("Livre audio"),
    "press": _("Presse"),
    "comic": _("Bande dessinée"),
    "school": _("Livre scolaire"),
}

_ROLES: Mapping[str, Text] = {
    "translator": _("Traduction"),
    "illustrator": _("Illustrations"),
    "editor": _("Édition"),
    "preface": _("Préface"),
}

# What the payer will have to do, told before they choose the wallet.
_ACTIONS: Mapping[str, Text] = {
    "redirect": _("Vous approuvez sur la page du portefeuille, puis vous revenez ici."),
    "approve_on_phone": _("Une demande arrive sur votre téléphone : vous l’approuvez avec votre code."),
    "enter_otp": _("Vous recevez un code à saisir ici."),
    "show_qr": _("Vous scannez un code avec l’application du portefeuille."),
    "dial_ussd": _("Vous composez un code sur votre téléphone."),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """What a page says of a payment. `tone` is the badge's class, `sign` its words."""

    tone: str
    sign: Text
    title: Text
    money: Text  # whether money moved
    advice: Text = ""


_STATES: Mapping[str, Notice] = {
    State.CREATED: Notice(
        "wait", _("En préparation"), _("Nous préparons votre paiement"), _("Rien n’a été prélevé."),
        _("Cela prend quelques secondes. Cette page se met à jour d’elle-même."),
    ),
    # The payer may have approved a second ago, so nothing is said of what has or has not been taken.
    State.PENDING: Notice(
        "wait", _("En attente"), _("En attente de votre accord"), _("Rien n’est prélevé sans votre accord."),
        _(
            "Vous venez d’approuver ? La confirmation arrive en quelques secondes et cette page avance d’elle-même. "
            "Sinon, comptez moins de deux minutes ; vous pouvez fermer cette page et y revenir."
        ),
    ),
    State.UNKNOWN: Notice(
        "wait", _("En vérification"), _("Le portefeuille n’a pas encore répondu"),
        _("Ne payez pas une seconde fois."),
        _("Nous redemandons l’état du paiement sans relâche. Vous pouvez fermer cette page et y revenir."),
    ),
    State.EXPIRED: Notice(
        "warn", _("Expiré"), _("Ce paiement n’est plus ouvert"), _("Aucun paiement n’a été reçu."),
        _("Si votre portefeuille a tout de même été débité, le paiement sera reconnu ici de lui-même."),
    ),
    State.NEEDS_REVIEW: Notice(
        "warn", _("À vérifier"), _("Une personne vérifie ce paiement"),
        _("Si de l’argent a été prélevé, il est en sécurité. Ne payez pas une seconde fois."),
        _("Nous revenons vers vous sous un jour ouvré. Gardez l’adresse de cette page."),
    ),
}  # fmt: skip

RESTING = _("Ce portefeuille ne répond pas en ce moment et rien n’a été demandé : choisissez-en un autre.")
CROWDED = _("Ce numéro a déjà plusieurs paiements en attente : approuvez-les ou patientez.")
GONE = _("Ce portefeuille n’est plus disponible ici : choisissez-en un autre.")
WRONG_CODE = _("Le code n’est pas le bon, ou il est trop ancien : demandez-en un autre.")
STAYS_OPEN = _(
    "Ce portefeuille ne sait pas retirer une demande : elle s’éteint d’elle-même si vous n’y répondez pas, "
    "et vous pourrez alors en choisir un autre."
)
NOTHING_LEFT = _("Ce bon ne laisse rien à payer : il ne peut pas servir ici.")
APPLIED = _("Bon appliqué : voici votre nouveau prix. Payez pour confirmer.")
_COUPONS: Mapping[str, Text] = {
    "unknown": _("Ce bon n’existe pas : vérifiez le code."),
    "switched_off": _("Ce bon n’a plus cours."),
    "not_yet": _("Ce bon ne compte pas encore."),
    "expired": _("Ce bon n’est plus valable."),
    "used_up": _("Ce bon a déjà servi autant de fois qu’il le pouvait."),
    "used_before": _("Vous avez déjà utilisé ce bon."),
    "other_currency": _("Ce bon ne compte pas dans cette devise."),
    "other_country": _("Ce bon ne compte pas dans ce pays."),
}
_OTHER_COUPON = _("Ce bon ne compte pas pour cet achat.")
_NO_MONEY = _("Aucun argent n’a été prélevé.")
_FAILURES: Mapping[str, tuple[Text, Text]] = {
    "payer_insufficient_funds": (
        _("Le solde du portefeuille est insuffisant"), _("Rechargez-le, ou choisissez un autre moyen de paiement."),
    ),
    "payer_account_blocked": (
        _("Le portefeuille est bloqué"), _("Contactez votre opérateur, ou choisissez un autre moyen de paiement."),
    ),
    "payer_limit_reached": (
        _("Le plafond du portefeuille est atteint"), _("Attendez que le plafond se libère, ou payez autrement."),
    ),
    "payer_not_approved": (
        _("Le paiement n’a pas été approuvé"), _("Réessayez et approuvez la demande, ou choisissez un autre moyen."),
    ),
    "payer_not_found": (
        _("Ce numéro n’a pas de portefeuille chez cet opérateur"), _("Vérifiez le numéro, ou payez autrement."),
    ),
    "payer_mismatch": (
        _("Le paiement venait d’un autre numéro que celui annoncé"), _("Réessayez avec le numéro qui paie."),
    ),
    "payer_not_eligible": (
        _("Ce portefeuille ne peut pas payer en ligne"), _("Contactez votre opérateur, ou payez autrement."),
    ),
    "amount_out_of_range": (
        _("Ce montant dépasse ce que le portefeuille accepte"), _("Choisissez un autre moyen de paiement."),
    ),
    "cross_border_not_allowed": (
        _("Ce portefeuille ne paie pas dans un autre pays"), _("Choisissez un portefeuille du pays d’achat."),
    ),
    "payer_busy": (
        _("Une autre demande attend déjà sur ce téléphone"), _("Répondez-y d’abord, puis réessayez."),
    ),
    "auth_code_invalid": (
        _("Le code n’est pas le bon, ou il est trop ancien"), _("Demandez-en un autre, puis réessayez."),
    ),
    "cancelled": (_("Le paiement a été annulé"), _("Vous pouvez recommencer quand vous voulez.")),
    "expired": (_("Le délai pour payer est passé"), _("Vous pouvez recommencer quand vous voulez.")),
}  # fmt: skip
_OTHER_FAILURE = (_("Le paiement n’a pas abouti"), _("Réessayez dans un moment, ou choisissez un autre moyen."))


def kind(code: str) -> str:
    """What a kind of product is called."""
    return str(_KINDS.get(code, code))


def role(code: str) -> str:
    """What somebody did for a book, other than write it."""
    return str(_ROLES.get(code, code))


def action(next_action_kind: str) -> str:
    """What choosing such a wallet asks of the payer."""
    return str(_ACTIONS.get(next_action_kind, ""))


def coupon(reason: str) -> Text:
    """Why a coupon does not count."""
    return _COUPONS.get(reason, _OTHER_COUPON)


def notice(*, state: str, failure_reason: str | None) -> Notice:
    """What to say of a payment that has not (yet) succeeded."""
    if state == State.FAILED:
        title, advice = _FAILURES.get(failure_reason or "", _OTHER_FAILURE)
        return Notice("danger", _("Refusé"), title, _NO_MONEY, advice)
    return _STATES[state]


def seconds_until_next_look(age: timedelta) -> int:
    """How long a waiting page waits before it loads itself again: often at first, ever more seldom."""
    steps = ((30, 4), (120, 8), (600, 20), (3600, 60))
    return next((pause for until, pause in steps if age.total_seconds() < until), 300)


# Why a statement line waits for a person.
_LINE_REASONS: Mapping[str, Text] = {
    "unknown": _("Rien chez nous n’y ressemble."),
    "ambiguous": _("Plusieurs de nos opérations y ressemblent."),
    "claimed": _("Une autre ligne prouve déjà cette opération : payée deux fois, ou comptée deux fois."),
    "references_disagree": _("Ses références désignent deux paiements différents."),
    "amount_differs": _("Le montant n’est pas celui que nous attendions."),
    "not_settled": _("L’opération désignée n’a pas accepté ce que dit la ligne."),
    "taken_back": _("L’opérateur a repris un mouvement."),
    "unknown_kind": _("L’opérateur emploie un mot que nous ne connaissons pas."),
    "wrong_sign": _("Le sens du mouvement ne va pas avec sa nature."),
    "fee_differs": _("Les frais ne sont pas ceux que nous attendions."),
    "changed": _("L’opérateur est revenu sur une ligne : voici la différence."),
}
_EXPLANATIONS: Mapping[str, Text] = {
    "fee": _("Des frais de l’opérateur"),
    "tax": _("Une taxe prise par l’opérateur"),
    "transfer": _("Un virement vers la banque, ou de la banque"),
    "refund_due": _("De l’argent à rendre à quelqu’un"),
}


def of_line(reason: str) -> Text:
    """Why a statement line waits, or what is special about it."""
    return _LINE_REASONS.get(reason, "")


def explanations() -> Mapping[str, Text]:
    """What a person may say a line is, when no operation of ours is behind it."""
    return _EXPLANATIONS
