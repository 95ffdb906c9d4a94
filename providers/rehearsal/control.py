"""`/_control/`: what a test or a demonstration may do to the simulators from outside. Never a part of a provider's API.

| call | effect |
|---|---|
| `GET book` | `{"movements": […]}`, the money that moved at the provider |
| `GET deliveries` | the notifications and how their attempts ended |
| `GET`, `POST`, `DELETE faults` | the faults to come, see `faults.py` |
| `POST clock` `{"advance_seconds": 1800}` | moves the simulators' clock |
| `POST approve|refuse|fail/<session>` | acts as the payer; `{"late": true}`: also when expired |
| `POST payers` `{"action": "approve", "after_seconds": 2}` | what everybody does from now on (`payer.py`) |

`/phone/` shows what waits for a payer, with the buttons to approve or refuse it.
"""

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request
from werkzeug.wrappers import Response as AnyResponse

from providers.rehearsal.faults import BadFault
from providers.rehearsal.payer import Habit
from providers.rehearsal.stage import NoSuchSession, Simulator, Stage, TooLate


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

    @control.post("/payers")
    def payers() -> tuple[Response, int] | Response:
        try:
            stage.payers.habit = Habit(**request.get_json())
        except TypeError as error:
            return jsonify(message=str(error)), 400
        return jsonify(asdict(stage.payers.habit))

    @control.post("/<any(approve, refuse, fail):action>/<session>")
    def act(action: str, session: str) -> Response:
        try:
            found = _act(simulators, session, action, request.get_json(silent=True) or {})
        except TooLate:
            return Response(status=409)
        return Response(status=204 if found else 404)

    return control


def phones(simulators: Sequence[Simulator]) -> Blueprint:
    """What the payers' phones show, for somebody who plays them."""
    page = Blueprint("phones", __name__, url_prefix="/phone", template_folder="templates")

    @page.get("/")
    def show() -> str:
        wanted = request.args.get("number", "").strip()
        prompts = [prompt for simulator in simulators for prompt in simulator.waiting()]
        shown = [prompt for prompt in prompts if wanted in prompt.phone]
        return render_template("phone.html", prompts=shown, wanted=wanted)

    @page.post("/")
    def answer() -> AnyResponse:
        with contextlib.suppress(TooLate):
            _act(simulators, request.form["session"], request.form["action"], {"code": request.form.get("code", "")})
        return redirect("./", 303)

    return page


def _act(simulators: Sequence[Simulator], session: str, action: str, options: Mapping[str, Any]) -> bool:
    """Whether anybody knew the session."""
    for simulator in simulators:
        try:
            simulator.act(session, action, options)
        except NoSuchSession:
            continue
        return True
    return False
