"""Roles and what each may do. A role is a Django group; code asks for permissions, never for roles. Pure."""

from collections.abc import Mapping

ROLES: Mapping[str, frozenset[str]] = {
    "reader": frozenset(),
    "author": frozenset(),
    # Who approves a payout or opens a month again is a second person, whose role may well be the same.
    "finance": frozenset({"see_finance", "close_books", "move_money", "approve_payouts"}),
    "operator": frozenset({"operate", "see_finance", "close_books", "move_money", "approve_payouts"}),
    "client": frozenset({"use_payment_api"}),
}

# Where each role starts, most particular first.
HOMES: Mapping[str, str] = {
    "finance": "/finance/",
    "operator": "/finance/",
    "author": "/author/",
}
ELSEWHERE = "/library/"


def home_of(roles: frozenset[str]) -> str:
    """The first page after signing in."""
    return next((address for role, address in HOMES.items() if role in roles), ELSEWHERE)
