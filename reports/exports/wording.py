"""How the head of a book says whose it is, which months it holds, and as known when."""

from datetime import UTC, datetime

from django.utils.translation import gettext as _

from reports.scope import Scope


def months(scope: Scope) -> str:
    """`2026-10`, `2026-10 – 2026-11`."""
    return scope.first if scope.first == scope.last else f"{scope.first} – {scope.last}"


def subtitle(scope: Scope, made_at: datetime) -> str:
    """`coko-sn, 2026-10, tel que connu le …, établi le … (UTC)`."""
    words = [scope.entity, months(scope)]
    if scope.known_at is not None:
        words.append(_("tel que connu le %(date)s") % {"date": _moment(scope.known_at)})
    words.append(_("établi le %(date)s (UTC)") % {"date": _moment(made_at)})
    return ", ".join(words)


def _moment(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M}"
