"""What is told to a customer whose payment failed: one sentence a reason, in their language. Pure.

French is written first; the others say the same in their own way. Wolof and Arabic have not been read over by a native
speaker yet.
"""

from collections.abc import Mapping

_INSUFFICIENT = {
    "fr": "Le solde du portefeuille est insuffisant : rechargez-le, ou payez autrement.",
    "en": "The wallet's balance is too low: top it up, or pay another way.",
    "wo": "Xaalis bi ci sa kalpe doyul: yokk ci xaalis, wala nga fey neneen.",
    "ar": "رصيد المحفظة غير كافٍ: أعد شحنها أو ادفع بطريقة أخرى.",
}
_BLOCKED = {
    "fr": "Ce portefeuille est bloqué : appelez votre opérateur, ou payez autrement.",
    "en": "This wallet is blocked: call your operator, or pay another way.",
    "wo": "Kalpe bii dañu ko tëj: wool sa opératër, wala nga fey neneen.",
    "ar": "هذه المحفظة محظورة: اتصل بمشغّلك أو ادفع بطريقة أخرى.",
}
_LIMIT = {
    "fr": "Le plafond du portefeuille est atteint : attendez qu’il se libère, ou payez autrement.",
    "en": "The wallet has reached its limit: wait until it is free again, or pay another way.",
    "wo": "Kalpe bi àgg na fa mu yem: xaaral tuuti, wala nga fey neneen.",
    "ar": "بلغت المحفظة حدّها الأقصى: انتظر أو ادفع بطريقة أخرى.",
}
_NOT_APPROVED = {
    "fr": "Le paiement n’a pas été approuvé. Rien n’a été prélevé ; vous pouvez recommencer.",
    "en": "The payment was not approved. Nothing was taken; you can try again.",
    "wo": "Nangu woo fey bi. Dara jógul ci sa xaalis; mën nga jéemaat.",
    "ar": "لم تتم الموافقة على الدفع. لم يُخصم شيء، ويمكنك المحاولة من جديد.",
}
_NOT_FOUND = {
    "fr": "Ce numéro n’a pas de portefeuille chez cet opérateur : vérifiez-le, ou payez autrement.",
    "en": "This number has no wallet with this operator: check it, or pay another way.",
    "wo": "Nimero bii amul kalpe ci opératër bii: seetaatal ko, wala nga fey neneen.",
    "ar": "لا توجد محفظة لهذا الرقم لدى هذا المشغّل: تحقّق منه أو ادفع بطريقة أخرى.",
}
_BUSY = {
    "fr": "Une autre demande attend déjà sur ce téléphone : répondez-y d’abord.",
    "en": "Another request is already waiting on this phone: answer it first.",
    "wo": "Am na beneen laaj bu nekk ci telefon bi: tontul ko bu jëkk.",
    "ar": "هناك طلب آخر ينتظر على هذا الهاتف: أجب عنه أولاً.",
}
_CODE = {
    "fr": "Le code n’est pas le bon, ou il est trop ancien : demandez-en un autre.",
    "en": "The code is wrong or too old: ask for another one.",
    "wo": "Kod bi baaxul, wala mu yàgg: laajal beneen.",
    "ar": "الرمز غير صحيح أو انتهت صلاحيته: اطلب رمزاً آخر.",
}
_AMOUNT = {
    "fr": "Ce portefeuille n’accepte pas un tel montant en une fois : payez autrement.",
    "en": "This wallet does not take such an amount at once: pay another way.",
    "wo": "Kalpe bii nanguwul xaalis boobu benn yoon: feyal neneen.",
    "ar": "لا تقبل هذه المحفظة هذا المبلغ دفعة واحدة: ادفع بطريقة أخرى.",
}
_ELSEWHERE = {
    "fr": "Ce portefeuille ne peut pas payer ici : choisissez un portefeuille du pays d’achat.",
    "en": "This wallet cannot pay here: choose a wallet of the country you buy in.",
    "wo": "Kalpe bii mënul fey fii: tànnal kalpe bu réew mi.",
    "ar": "لا يمكن لهذه المحفظة الدفع هنا: اختر محفظة من بلد الشراء.",
}
_EXPIRED = {
    "fr": "Le délai pour payer est passé. Rien n’a été prélevé ; vous pouvez recommencer.",
    "en": "The time to pay is over. Nothing was taken; you can try again.",
    "wo": "Waxtu fey bi weesu na. Dara jógul ci sa xaalis; mën nga jéemaat.",
    "ar": "انتهت مهلة الدفع. لم يُخصم شيء، ويمكنك المحاولة من جديد.",
}
_OURS = {
    "fr": "Le paiement n’a pas abouti, et ce n’est pas de votre fait. Essayez un autre moyen de paiement.",
    "en": "The payment did not go through, and it is not your doing. Try another way to pay.",
    "wo": "Fey bi àntuwul, te du sa tooñ. Jéemal neneen.",
    "ar": "لم تنجح عملية الدفع، وليس ذلك بسببك. جرّب وسيلة دفع أخرى.",
}

SENTENCES: Mapping[str, Mapping[str, str]] = {
    "payer_not_found": _NOT_FOUND,
    "payer_insufficient_funds": _INSUFFICIENT,
    "payer_limit_reached": _LIMIT,
    "payer_account_blocked": _BLOCKED,
    "payer_not_eligible": _ELSEWHERE,
    "payer_mismatch": _NOT_APPROVED,
    "payer_not_approved": _NOT_APPROVED,
    "payer_busy": _BUSY,
    "auth_code_invalid": _CODE,
    "amount_out_of_range": _AMOUNT,
    "cross_border_not_allowed": _ELSEWHERE,
    "phone_invalid": _NOT_FOUND,
    "fraud_suspected": _BLOCKED,
    "expired": _EXPIRED,
    "cancelled": _NOT_APPROVED,
}
LANGUAGES = ("fr", "en", "wo", "ar")


def sentence(failure_reason: str, language: str) -> str:
    """The sentence for a reason, in the language or in French. Whatever is not the customer's doing is told as ours."""
    said = SENTENCES.get(failure_reason, _OURS)
    return said.get(language.partition("-")[0], said["fr"])
