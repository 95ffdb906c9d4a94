"""What an invoice says of a subscription: one line a period, one for what is given back. Pure."""

from datetime import date, timedelta

from babel.dates import format_date

_PERIOD = {"fr": "{plan}, du {first} au {last}", "en": "{plan}, {first} to {last}"}
_DAY = {"fr": "{plan}, le {first}", "en": "{plan}, {first}"}
_UNUSED = {"fr": "{plan}, jours non utilisés du {first} au {last}", "en": "{plan}, unused days {first} to {last}"}


def period_title(*, plan: str, starts_on: date, ends_on: date, language: str) -> str:
    """`ends_on` is the first day after the period; what is printed is the last day of it."""
    last = ends_on - timedelta(days=1)
    form = _DAY if last == starts_on else _PERIOD
    return _said(form, plan, starts_on, last, language)


def unused_title(*, plan: str, starts_on: date, ends_on: date, language: str) -> str:
    return _said(_UNUSED, plan, starts_on, ends_on - timedelta(days=1), language)


def _said(form: dict[str, str], plan: str, first: date, last: date, language: str) -> str:
    spoken = language if language in form else "fr"
    first_text, last_text = (format_date(day, "d MMMM y", locale=spoken) for day in (first, last))
    if spoken == "fr":  # French counts only the first day of a month: 1er
        first_text, last_text = (
            "1er" + text[1:] if text.startswith("1 ") else text for text in (first_text, last_text)
        )
    return form[spoken].format(plan=plan, first=first_text, last=last_text)
