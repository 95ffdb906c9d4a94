"""What Wave tells of a recipient before a payout, and how often it does: inside the simulator."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from providers.rehearsal.stage import Stage
from providers.wave.simulated_wallets import Wallet

NAME_MATCHES: Mapping[str, str] = {"028": "NAME_NOT_KNOWN", "038": "NO_MATCH"}  # by ending; every other is the name's
AT_THE_LIMIT = "058"

_WALLET_MAX = Decimal(2_000_000)
_CHECKS_MAX = 30
_CHECKS_WITHIN = timedelta(minutes=5)
_BLOCKED_FOR = timedelta(minutes=60)
_KIND = "wave.name_checks"


class TooOften(Exception):
    """That number's name was compared too often lately."""


class SimulatedRecipients:
    """Answers, and counts the comparisons of names; other questions are not counted."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def check(self, wallet: Wallet, order: Mapping[str, Any]) -> dict[str, Any]:
        """:raises TooOften: thirty names in five minutes, then none for an hour."""
        ending = order["mobile"][-3:]
        if order.get("name"):
            self._count(f"{wallet.market}:{order['mobile']}")
        amount = Decimal(order["amount"]) if order.get("amount") else None
        return {
            "within_limits": None if amount is None else ending != AT_THE_LIMIT and amount <= _WALLET_MAX,
            "name_match": NAME_MATCHES.get(ending, "MATCH") if order.get("name") else None,
            "national_id_match": None,
        }

    def _count(self, number: str) -> None:
        now = self._stage.clock.now().timestamp()
        with self._stage.book.writing():
            known = self._stage.book.get(_KIND, number) or {"checks": [], "blocked_until": 0}
            recent = [at for at in known["checks"] if at > now - _CHECKS_WITHIN.total_seconds()]
            is_blocked = now < known["blocked_until"]
            if not is_blocked and len(recent) >= _CHECKS_MAX:
                is_blocked = True
                known["blocked_until"] = now + _BLOCKED_FOR.total_seconds()
            known["checks"] = recent if is_blocked else [*recent, now]
            self._stage.book.put(_KIND, number, reference=None, body=known)
        if is_blocked:
            raise TooOften(datetime.fromtimestamp(known["blocked_until"], UTC))
