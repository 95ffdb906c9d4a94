"""JSON as the API accepts it: one object, UTF-8, no surprises. What the standard parser forgives is refused here."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any, NoReturn

from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20
MAX_DIGITS = 40  # int() takes quadratic time, and no amount of ours is longer


class BodyTooLarge(APIException):
    """The request's body is larger than any request of ours needs."""

    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "body_too_large"


class StrictJSONParser(BaseParser):
    """Reads `application/json` into a dict. Numbers with a point stay exact."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """The object in the body.

        :raises BodyTooLarge: more than 64 kB; no more than that was read.
        :raises ParseError: not one JSON object, or one with something no honest client sends.
        """
        body = stream.read(MAX_BYTES + 1)
        if len(body) > MAX_BYTES:
            raise BodyTooLarge()
        return read_object(body)


def read_object(body: bytes) -> dict[str, Any]:
    """The JSON object these bytes are.

    :raises ParseError: they are not, or it is nested too deep, repeats a name, or holds a character no text may hold.
    """
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_without_repeats,
            parse_float=Decimal,
            parse_int=_whole_number,
            parse_constant=_no_constant,
        )
    except UnicodeDecodeError:
        raise ParseError(_("Le corps n’est pas de l’UTF-8 valide.")) from None
    except RecursionError:
        raise _too_deep() from None
    except (ValueError, ArithmeticError) as error:  # an exponent no Decimal can hold is arithmetic to Python
        raise ParseError(_("Le corps n’est pas du JSON valide : %(reason)s.") % {"reason": error}) from None
    if not isinstance(value, dict):
        raise ParseError(_("Le corps doit être un objet JSON."))
    _check(value, depth=1)
    return value


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names: dict[str, Any] = {}
    for name, value in pairs:
        if name in names:
            raise ParseError(_("Le nom %(name)s est répété dans un même objet.") % {"name": _shown(name)})
        names[name] = value
    return names


def _whole_number(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ParseError(_("Un nombre a plus de %(count)d chiffres.") % {"count": MAX_DIGITS})
    return int(text)


def _no_constant(name: str) -> NoReturn:
    raise ParseError(_("%(name)s n’est pas une valeur JSON.") % {"name": name})


def _check(value: object, *, depth: int) -> None:
    """Refuse what PostgreSQL cannot store and what only an attack nests."""
    if isinstance(value, dict | list) and depth > MAX_DEPTH:
        raise _too_deep()
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict):
        for name, inner in value.items():
            _check_text(name)
            _check(inner, depth=depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth=depth + 1)


def _check_text(text: str) -> None:
    # "\u0000" and a lone "\ud800" are legal JSON, but no PostgreSQL text.
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise ParseError(_("Un texte contient un caractère interdit (NUL ou demi-caractère)."))


def _too_deep() -> ParseError:
    return ParseError(_("Le corps est imbriqué sur plus de %(count)d niveaux.") % {"count": MAX_DEPTH})


def _shown(name: str) -> str:
    return json.dumps(name[:40])
