"""The checkout form: who pays, and with which wallet. Each error names its field and says how to mend it."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from billing import phones
from billing.payments.facts import OptionFact
from billing.web import codes, submissions
from billing.web.country import example_phone


class CheckoutForm(forms.Form):
    """The phone number is read by the rules of the country of sale."""

    provider = forms.ChoiceField()
    name = forms.CharField(max_length=120)
    phone = forms.CharField(max_length=30)
    email = forms.EmailField(required=False, max_length=254)
    code = forms.CharField(max_length=20, required=False)  # made by the payer beforehand, where the wallet has such
    coupon = forms.CharField(max_length=40, required=False)
    shown = forms.CharField(max_length=40, required=False)  # the price the page showed
    key = forms.CharField(max_length=30)  # makes the form count once

    def __init__(self, *args: Any, country: str, wallets: tuple[OptionFact, ...], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.country = country
        self.wallets = {wallet.provider: wallet for wallet in wallets}
        provider = self.fields["provider"]
        assert isinstance(provider, forms.ChoiceField)
        provider.choices = [(wallet.provider, wallet.label) for wallet in wallets]
        provider.error_messages["required"] = _("Choisissez un portefeuille.")
        provider.error_messages["invalid_choice"] = _("Ce portefeuille n’est pas proposé ici.")
        self.fields["name"].error_messages["required"] = _("Indiquez votre nom : il figure sur la facture.")
        self.fields["phone"].error_messages["required"] = _("Indiquez le numéro qui paiera.")

    def clean_phone(self) -> str:
        try:
            return phones.normalise(self.cleaned_data["phone"], self.country)
        except phones.NotAPhoneNumber:
            raise forms.ValidationError(
                _("Ce numéro n’existe pas. Exemple : %s.") % example_phone(self.country)
            ) from None

    def clean_code(self) -> str:
        code = codes.written(self.cleaned_data["code"])
        if code is None:
            raise forms.ValidationError(codes.shape())
        return code

    def clean(self) -> dict[str, Any]:
        """A code is asked for where the wallet wants one, and let go where it has no use for it."""
        given = super().clean() or self.cleaned_data
        wallet = self.wallets.get(given.get("provider", ""))
        if wallet is None or "code" not in given:
            return given
        if wallet.needs_code and not given["code"]:
            self.add_error("code", codes.missing(wallet))
        elif not codes.takes(wallet):
            given["code"] = ""
        return given

    def clean_key(self) -> str:
        key = str(self.cleaned_data["key"])
        if not submissions.is_key(key):
            raise forms.ValidationError(_("Ce formulaire n’est plus valable : envoyez-le de nouveau."))
        return key
