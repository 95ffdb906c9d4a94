"""Pebble's API over HTTP, played on this machine."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request
from providers.pebble.adapter import Credentials

from providers.rehearsal.book import Movement
from providers.rehearsal.misbehaviour import Words, perform
from providers.rehearsal.payer import Prompt
from providers.rehearsal.stage import NoSuchSession, Stage, TooLate

_KIND = "pebble.request"
_LIFE = timedelta(minutes=10)
_WORDS = Words(status=("state",), amount=("amount",))
_KEYS = {f"pebble_{market.lower()}_demo_this_key_is_not_real": market for market in ("BJ", "SN")}


def demo_credentials() -> dict[str, Credentials]:
    """For each market the credentials that this simulator accepts."""
    return {market: Credentials(key) for key, market in _KEYS.items()}


class PebbleSimulator:
    """Three calls, and the payer who answers."""

    name = "pebble"

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.blueprint = Blueprint("pebble", __name__)
        self._serve("create_session", "", self._create, "POST")
        self._serve("get_session", "/<session>", self._get, "GET")
        self._serve("expire_session", "/<session>/end", self._end, "POST")

    def act(self, session: str, action: str, options: Mapping[str, Any]) -> None:
        """What the payer does. See `rehearsal.stage.Simulator`."""
        with self.stage.book.writing():
            known = self._known(session)
            if known["state"] != "asked" and not (options.get("late") and known["state"] == "over"):
                raise TooLate(session)
            if action == "approve":
                self._pay(known)
            self._close(known, "paid" if action == "approve" else "refused")

    def waiting(self) -> list[Prompt]:
        found = [self._known(one["id"]) for one in self.stage.book.latest(_KIND, limit=100)]
        return [
            Prompt(one["id"], self.name, one["market"], one["phone"], f"{one['amount']} {one['currency']}")
            for one in found
            if one["state"] == "asked"
        ]

    def _serve(self, operation: str, rule: str, view: Callable[..., dict[str, Any]], method: str) -> None:
        def answer(**kwargs: str) -> Response:
            def work() -> Response:
                market = _KEYS.get(request.headers.get("X-Pebble-Key", ""))
                if market is None:
                    return _json({"error": "unknown-key"}, 401)
                try:
                    return _json(view(market, **kwargs))
                except NoSuchSession:
                    return _json({"error": "unknown-request"}, 404)

            fault = self.stage.faults.take(operation, request.path + request.get_data(as_text=True))
            return perform(fault, work, words=_WORDS, stopping=self.stage.stopping) if fault else work()

        self.blueprint.add_url_rule(f"/pebble/requests{rule}", operation, answer, methods=[method])

    def _create(self, market: str) -> dict[str, Any]:
        order = request.get_json()
        with self.stage.book.writing():
            if known := self.stage.book.get(_KIND, order["id"]):
                return self._known(known["id"])
            asked_at = self.stage.clock.now()
            asked = {**order, "market": market, "state": "asked", "ended_at": "", "movement": "", "over_at": ""}
            asked["over_at"] = (asked_at + _LIFE).isoformat(timespec="seconds")
            self._save(asked)
        self.stage.payers.asked(order["id"], order["phone"], self.act)
        return asked

    def _get(self, market: str, session: str) -> dict[str, Any]:
        return self._known(session, market)

    def _end(self, market: str, session: str) -> dict[str, Any]:
        with self.stage.book.writing():
            known = self._known(session, market)
            if known["state"] == "asked":
                self._close(known, "over")
        return known

    def _known(self, session: str, market: str | None = None) -> dict[str, Any]:
        known = self.stage.book.get(_KIND, session)
        if known is None or market not in (None, known["market"]):
            raise NoSuchSession(session)
        if known["state"] == "asked" and self.stage.clock.now() >= datetime.fromisoformat(known["over_at"]):
            self._close(known, "over")
        return known

    def _pay(self, known: dict[str, Any]) -> None:
        known["movement"] = f"pbl-{known['id']}"
        self.stage.book.move(
            Movement(
                provider=self.name,
                market=known["market"],
                kind="payment",
                session=known["id"],
                client_reference=known["id"],
                transaction_id=known["movement"],
                amount=known["amount"],
                fee="0",
                currency=known["currency"],
                at=self.stage.clock.now().isoformat(),
            )
        )

    def _close(self, known: dict[str, Any], state: str) -> None:
        known |= {"state": state, "ended_at": self.stage.clock.now().isoformat(timespec="seconds")}
        self._save(known)

    def _save(self, known: dict[str, Any]) -> None:
        self.stage.book.put(_KIND, known["id"], reference=known["id"], body=known)


def _json(document: Mapping[str, Any], status: int = 200) -> Response:
    answer = jsonify(document)
    answer.status_code = status
    return answer
