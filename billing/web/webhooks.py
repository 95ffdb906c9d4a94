"""The door for provider notifications: keep the raw bytes, answer at once. Everything else happens later."""

import json

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from billing.inbox import operations
from billing.payments import queries as payments

MAX_BYTES = 64 * 1024


@csrf_exempt
@require_http_methods(["POST", "PUT"])
def receive(request: HttpRequest, provider: str, market: str, token: str = "") -> HttpResponse:
    """Store a notification (one INSERT, with a hint to the workers) and say so.

    Nobody is believed yet: the signature is checked, and the provider asked, when it is processed. A body that cannot
    be a notification is kept as evidence and refused.
    """
    if provider not in payments.providers():
        return HttpResponse(status=404)
    body = request.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        return HttpResponse(status=413)
    operations.store(
        provider=provider,
        market=market.upper(),
        headers=request.headers,
        body=body,
        received_at=timezone.now(),
        path_token=token,
        method=request.method or "POST",
    )
    return JsonResponse({}) if _is_an_object(body) else JsonResponse({"error": "not a JSON object"}, status=400)


def _is_an_object(body: bytes) -> bool:
    """Whether a provider that speaks JSON can have meant this. The adapters' own parser is far stricter."""
    try:
        return isinstance(json.loads(body), dict)
    except (ValueError, RecursionError):
        return False
