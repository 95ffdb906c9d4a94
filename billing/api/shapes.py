"""How requests and answers are shaped: unknown names refused, amounts with their currency, pages with a cursor."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

import billing.money
from billing import ids, phones

PAGE = 50
PAGE_MAX = 100


class Asked(serializers.Serializer[Any]):
    """What a caller asks. A name we do not know is refused: a misspelt field must not be silently ignored."""

    def to_internal_value(self, data: Any) -> Any:
        unknown = set(data) - set(self.fields) if isinstance(data, Mapping) else set()
        if unknown:
            raise serializers.ValidationError({name: [_("Ce champ n’existe pas ici.")] for name in sorted(unknown)})
        return super().to_internal_value(data)

    @classmethod
    def parse(cls, data: Any) -> dict[str, Any]:
        """The validated fields.

        :raises ValidationError: names every field that is wrong.
        """
        asked = cls(data=data.dict() if hasattr(data, "dict") else data)
        asked.is_valid(raise_exception=True)
        return dict(asked.validated_data)


class Told(serializers.Serializer[Any]):
    """What a fact looks like from outside. Amounts take the fact's currency."""

    @classmethod
    def of(cls, fact: Any) -> dict[str, Any]:
        return dict(cls(fact, context={"currency": getattr(fact, "currency", None)}).data)


class Ref(serializers.CharField):
    """A public id with its prefix."""

    def __init__(self, prefix: str, **options: Any) -> None:
        self.prefix = prefix
        super().__init__(max_length=30, help_text=f"`{prefix}_…`", **options)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not ids.looks_like(text, self.prefix):
            raise serializers.ValidationError(_("Un identifiant de la forme %s_… est attendu.") % self.prefix)
        return text


class Country(serializers.RegexField):
    """ISO 3166 alpha-2."""

    def __init__(self, **options: Any) -> None:
        super().__init__(r"\A[A-Z]{2}\Z", help_text="ISO 3166-1 alpha-2: `SN`", **options)


class Currency(serializers.RegexField):
    """ISO 4217."""

    def __init__(self, **options: Any) -> None:
        super().__init__(r"\A[A-Z]{3}\Z", help_text="ISO 4217: `XOF`", **options)

    def to_internal_value(self, data: Any) -> str:
        code = str(super().to_internal_value(data))
        try:
            billing.money.exponent(code)
        except billing.money.NotAnAmount:
            raise serializers.ValidationError(_("Cette devise n’existe pas.")) from None
        return code


class AmountShape(serializers.Serializer[Any]):
    """Major units as text, so that no program reads them as a float."""

    amount = serializers.CharField()
    currency = serializers.CharField()


@extend_schema_field(AmountShape)
class Amount(serializers.Field[int, Any, dict[str, str], int]):
    """Minor units of the fact's currency, as `{"amount": "1500", "currency": "XOF"}`."""

    def __init__(self, source: str) -> None:
        super().__init__(source=source, read_only=True)

    def to_representation(self, value: int) -> dict[str, str]:
        return amount(value, self.context["currency"])


class AmountAsked(Asked):
    """An amount as a caller writes it: major units as text. Its validated value is `(minor units, currency)`."""

    amount = serializers.RegexField(r"\A[0-9]{1,15}(\.[0-9]{1,4})?\Z", help_text='Major units: `"1500"`')
    currency = Currency()

    def validate(self, attrs: dict[str, Any]) -> Any:
        try:
            return billing.money.to_minor(billing.money.parse(attrs["amount"], attrs["currency"])), attrs["currency"]
        except billing.money.NotAnAmount:
            raise serializers.ValidationError({"amount": [_("Ce montant n’existe pas dans cette devise.")]}) from None


def amount(minor: int, currency: str) -> dict[str, str]:
    """An amount as it travels."""
    return {"amount": billing.money.plain(minor, currency), "currency": currency}


class PageAsked(Asked):
    """Where a page begins and how long it is."""

    after = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=40, help_text="As `next` of the page before has it."
    )
    limit = serializers.IntegerField(
        required=False,
        default=PAGE,
        min_value=1,
        max_value=PAGE_MAX,
        help_text=f"1 to {PAGE_MAX}; else {PAGE}.",
    )


def page(request: Request, results: Sequence[dict[str, Any]], next_after: str | None) -> dict[str, Any]:
    """One page and the address of the next, None on the last."""
    following = replace_query_param(request.get_full_path(), "after", next_after) if next_after else None
    return {"results": list(results), "next": following}


def phone(text: str, country: str, field: str) -> str:
    """E.164 of a number as people write it.

    :raises ValidationError: names `field`.
    """
    try:
        return phones.normalise(text, country)
    except phones.NotAPhoneNumber:
        message = _("Ce numéro n’existe pas dans ce pays. Exemple : +221 77 123 45 67.")
        raise serializers.ValidationError({field: [message]}) from None


class PageTold(serializers.Serializer[Any]):
    """The frame of a page; each list of the schema fills in its results."""

    next = serializers.CharField(allow_null=True, help_text="Address of the next page, null on the last.")

    @classmethod
    def of_results(cls, name: str, child: type[Told]) -> type[Self]:
        return type(name, (cls,), {"results": child(many=True), "__module__": cls.__module__})
