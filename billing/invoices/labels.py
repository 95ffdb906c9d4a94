"""The fixed words of invoices and credit notes in the four languages they are printed in. Pure.

Not in the message catalogues, because pages speak two languages and papers four. Wolof and Arabic have not been read
over by a native speaker yet. Tax codes and legal references are printed as the law spells them.
"""

from collections.abc import Mapping

LANGUAGES = ("fr", "en", "wo", "ar")
RIGHT_TO_LEFT = frozenset({"ar"})

# name → (French, English, Wolof, Arabic)
_WORDS: Mapping[str, tuple[str, str, str, str]] = {
    "invoice": ("Facture", "Invoice", "Faktiir", "فاتورة"),
    "credit_note": ("Avoir", "Credit note", "Delloo xaalis", "إشعار دائن"),
    "number": ("N°", "No.", "Limat", "رقم"),
    "of_day": ("du {day}", "{day}", "{day}", "بتاريخ {day}"),
    "demo": ("DÉMO", "DEMO", "DÉMO", "تجريبي"),
    "demo_why": (
        "Vendeur fictif : ce document n’a aucune valeur légale.",
        "Fictitious seller: this document has no legal value.",
        "Jaaykat bi du dëgg: kayit gii amul benn doole ci yoon.",
        "بائع وهمي: ليست لهذه الوثيقة أي قيمة قانونية.",
    ),
    "paid": (
        "Payée le {moment} par {provider}, réf. {ref}",
        "Paid on {moment} with {provider}, ref. {ref}",
        "Fey nañu ko {moment} ci {provider}, réf. {ref}",
        "دُفعت بتاريخ {moment} عبر {provider}، المرجع {ref}",
    ),
    "void": (
        "Annulée le {moment} : rien n’est dû.",
        "Void since {moment}: nothing is owed.",
        "Neenal nañu ko {moment}: kenn warul fey dara.",
        "أُلغيت بتاريخ {moment}: لا شيء مستحق.",
    ),
    "why": ("Motif : {reason}", "Reason: {reason}", "Li ko waral: {reason}", "السبب: {reason}"),
    "open": ("À payer", "To be paid", "Li ñu wara fey", "مستحقة الدفع"),
    "open_why": (
        "Cette facture n’est pas encore payée.",
        "This invoice has not been paid yet.",
        "Feyaguñu faktiir bii.",
        "لم تُدفع هذه الفاتورة بعد.",
    ),
    "partly_paid": (
        "Payée en partie : {received} reçus, reste {left}",
        "Partly paid: {received} received, {left} left",
        "Fey nañu ci lenn: jot nañu {received}, des na {left}",
        "مدفوعة جزئياً: استُلم {received}، ويبقى {left}",
    ),
    "draft": (
        "Brouillon : sans numéro, ce document n’est pas une facture.",
        "Draft: without a number, this document is no invoice.",
        "Bind bu jëkk: amul limat, du faktiir.",
        "مسودة: هذه الوثيقة بلا رقم وليست فاتورة.",
    ),
    "credited": (
        "Remboursé le {day}, sur la facture {number} du {opened_on}",
        "Refunded on {day}, on invoice {number} of {opened_on}",
        "Delloo nañu ko {day}, ci faktiir {number} bu {opened_on}",
        "أُعيد المبلغ بتاريخ {day}، عن الفاتورة {number} المؤرخة في {opened_on}",
    ),
    "customer": ("Client", "Customer", "Kiliyaan", "الزبون"),
    "contact": ("Contact", "Contact", "Jokkoo", "للاتصال"),
    "item": ("Désignation", "Description", "Li ñu jënd", "البيان"),
    "quantity": ("Qté", "Qty", "Ñaata", "الكمية"),
    "unit": ("Prix unitaire TTC", "Unit price incl. tax", "Njëgu benn (ak galag)", "سعر الوحدة شامل الضريبة"),
    "net": ("Montant HT", "Amount excl. tax", "Njëg gu amul galag", "المبلغ دون ضريبة"),
    "tax": ("Taxe", "Tax", "Galag", "الضريبة"),
    "gross": ("Montant TTC", "Amount incl. tax", "Njëg ak galag", "المبلغ شامل الضريبة"),
    "ebook": ("Livre numérique", "E-book", "Téere ci internet", "كتاب رقمي"),
    "audio": ("Livre audio", "Audiobook", "Téere buñuy déglu", "كتاب صوتي"),
    "press": ("Presse numérique", "Digital press", "Yéenekaay ci internet", "صحافة رقمية"),
    "comic": ("Bande dessinée numérique", "Digital comic", "Nataal ci internet", "قصة مصورة رقمية"),
    "school": ("Manuel scolaire numérique", "Digital school book", "Téere jàng ci internet", "كتاب مدرسي رقمي"),
    "discount": (
        "dont remise {code} : {amount}", "discount {code}: {amount}", "wàññi {code}: {amount}", "خصم {code}: {amount}",
    ),
    "list_price": ("Prix avant remise", "Price before discount", "Njëg bala wàññi", "السعر قبل الخصم"),
    "coupon": ("Remise, bon {code}", "Discount, coupon {code}", "Wàññi, kod {code}", "خصم، قسيمة {code}"),
    "net_total": ("Total hors taxe", "Total excl. tax", "Lépp, amul galag", "المجموع دون ضريبة"),
    "tax_total": ("Taxes", "Taxes", "Galag", "الضرائب"),
    "gross_total": ("Total TTC", "Total incl. tax", "Lépp ak galag", "المجموع شامل الضريبة"),
    "credit_total": ("Total remboursé TTC", "Total refunded incl. tax", "Li ñu delloo, lépp", "مجموع المبلغ المُعاد"),
    "base": ("Base hors taxe", "Base excl. tax", "Cëslaay", "الوعاء"),
    "amount": ("Montant", "Amount", "Xaalis", "المبلغ"),
    "ground": ("Fondement", "Legal ground", "Yoon", "السند القانوني"),
    "exempt": ("Exonéré", "Exempt", "Amul galag", "معفى"),
    "in_words": (
        "Arrêtée la présente facture à la somme, toutes taxes comprises, de :",
        "Total of this invoice in words, all taxes included:",
        "Lépp li ñu wara fey ci faktiir bii, ak galag:",
        "أُوقفت هذه الفاتورة، شاملةً جميع الضرائب، على مبلغ:",
    ),
    "credit_in_words": (
        "Arrêté le présent avoir à la somme, toutes taxes comprises, de :",
        "Total of this credit note in words, all taxes included:",
        "Lépp li ñu delloo, ak galag:",
        "أُوقف هذا الإشعار، شاملاً جميع الضرائب، على مبلغ:",
    ),
    "pay_here": (
        "Scannez ce code pour payer avec votre portefeuille mobile :",
        "Scan this code to pay with your mobile wallet:",
        "Fotal kod bii ngir fey ak sa kalpe ci telefon:",
        "امسح هذا الرمز للدفع بمحفظتك الإلكترونية:",
    ),
    "receipt_here": (
        "Ce code ouvre le reçu en ligne, qui explique ce document :",
        "This code opens the receipt online, which explains this document:",
        "Kod bii dafay ubbi resi bi ci internet:",
        "يفتح هذا الرمز الإيصال على الإنترنت، وفيه شرح هذه الوثيقة:",
    ),
    "rounding": (
        "Le montant hors taxe est arrondi une fois, à l’unité monétaire la plus proche ; la taxe est ce qui reste "
        "jusqu’au prix payé.",
        "The amount excluding tax is rounded once, to the nearest unit of the currency; the tax is what is left up to "
        "the price paid.",
        "Njëg gu amul galag, benn yoon lañu koy jubbanti; galag bi mooy li des ci li ñu fey.",
        "يُقرَّب المبلغ دون ضريبة مرة واحدة إلى أقرب وحدة نقدية، والضريبة هي ما تبقّى حتى السعر المدفوع.",
    ),
    "numbered": (
        "Ce document porte un numéro unique dans une suite sans lacune et n’est jamais modifié après son émission.",
        "This document has a number of its own in a series without gaps and is never changed once it is issued.",
        "Kayit gii am na limatam, te kenn du ko soppi.",
        "تحمل هذه الوثيقة رقماً فريداً في سلسلة متصلة ولا تُعدَّل أبداً بعد إصدارها.",
    ),
    "colon": (" : ", ": ", ": ", ": "),
}  # fmt: skip


def words(language: str) -> dict[str, str]:
    """Every label in that language, by its name; French where we print no such language."""
    place = LANGUAGES.index(language) if language in LANGUAGES else 0
    return {name: texts[place] for name, texts in _WORDS.items()}
