"""Who may call: clients of the payment API, each for what it owns."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

PERMISSION = "identity.use_payment_api"


class IsPaymentClient(BasePermission):
    """Callers that were given the right to use the payment API."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return bool(request.user.is_authenticated and request.user.has_perm(PERMISSION))


def caller_ref(request: Request) -> str:
    """Whose invoices and payments these are: the caller's `usr_…`."""
    return str(request.user.pk)
