"""`/_control/`: what a test or a demonstration may do to the simulators from outside. Never a part of a provider's API.

| call | effect |
|---|---|
| `GET book` | `{"movements": […]}`, the money that moved at the provider |
| `GET deliveries` | the notifications and how their attempts ended |
| `GET`, `POST`, `DELETE faults` | the faults to come, see `faults.py` |
| `POST clock` `{"advance_seconds": 1800}` | moves the simulators' clock |
| `POST approve|refuse|fail/<session>` | acts as the payer; `{"late": true}`: also when expired |
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from flask import Blueprint, Response, jsonify, request

from providers.rehearsal.faults import BadFault
from providers.rehearsal.stage import NoSuchSession, Simulator, Stage


def blueprint(stage: Stage, simulators: Sequence[Simulator]) -> Blueprint:
    """The control calls over one stage."""
    control = Blueprint("control", __name__, url_prefix="/_control")

    @control.get("/book")
    def book() -> Response:
        return jsonify(movements=[asdict(movement) for movement in stage.book.movements()])

    @control.get("/deliveries")
    def deliveries() -> Response:
        return jsonify(deliveries=stage.book.deliveries())

    @control.get("/faults")
    def faults() -> Response:
        return jsonify(faults=stage.faults.waiting())

    @control.post("/faults")
    def add_fault() -> tuple[Response, int]:
        try:
            stage.faults.add(request.get_json())
        except BadFault as error:
            return jsonify(message=str(error)), 400
        return jsonify(faults=stage.faults.waiting()), 201

    @control.delete("/faults")
    def clear_faults() -> Response:
        stage.faults.clear()
        return Response(status=204)

    @control.post("/clock")
    def clock() -> Response:
        stage.clock.advance(timedelta(seconds=int(request.get_json()["advance_seconds"])))
        return jsonify(now=stage.clock.now().isoformat())

    @control.post("/<any(approve, refuse, fail):action>/<session>")
    def act(action: str, session: str) -> Response:
        for simulator in simulators:
            try:
                simulator.act(session, action, request.get_json(silent=True) or {})
            except NoSuchSession:
                continue
            return Response(status=204)
        return Response(status=404)

    return control
