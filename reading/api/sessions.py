"""`POST /reading/sessions/`: a device tells what was read. The session's UUID makes it safe to tell twice."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from billing.api import problems as table
from billing.api.idempotency import once
from billing.api.schema import IDEMPOTENCY_KEY, problems
from billing.api.shapes import Asked, Ref, Told
from reading import library
from reading.activity import operations

PAGE_MAX = 100_000

table.register(
    {
        library.NoSuchEdition: table.Problem(404, "no_such_edition", _("Ce livre n’existe pas.")),
        library.NotOnShelf: table.Problem(403, "not_on_shelf", _("Ce livre n’est pas dans votre bibliothèque.")),
        library.BeyondLastPage: table.Problem(
            422, "beyond_last_page", _("Ce livre a moins de pages."), shows=("page_count",)
        ),
        operations.PagesOutOfOrder: table.Problem(
            422, "pages_out_of_order", _("La dernière page vient avant la première.")
        ),
        operations.TimesOutOfOrder: table.Problem(
            422, "times_out_of_order", _("La séance finit avant son début, ou dure plus d’un jour.")
        ),
        operations.ClockAhead: table.Problem(
            422, "clock_ahead", _("La séance finit dans l’avenir : réglez l’horloge de l’appareil.")
        ),
        operations.SessionReused: table.Problem(
            409, "session_reused", _("Cet identifiant de séance a déjà servi à une autre lecture.")
        ),
    }
)


class SessionAsked(Asked):
    id = serializers.UUIDField(help_text="Chosen by the device; the same again is the same session.")
    edition = Ref("edn")
    device = serializers.CharField(max_length=64)
    first_page = serializers.IntegerField(min_value=1, max_value=PAGE_MAX)
    last_page = serializers.IntegerField(min_value=1, max_value=PAGE_MAX)
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()


class SessionTold(Told):
    id = serializers.CharField(help_text="`ses_…`")
    client_id = serializers.UUIDField(source="client_uuid")
    edition = serializers.CharField(source="edition_ref")
    device = serializers.CharField(source="device_ref")
    first_page = serializers.IntegerField()
    last_page = serializers.IntegerField()
    started_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()


class SessionsView(APIView):
    """Write down what was read."""

    permission_classes = (IsAuthenticated,)

    @extend_schema(
        operation_id="reading_sessions_create",
        parameters=[IDEMPOTENCY_KEY],
        request=SessionAsked,
        responses={201: SessionTold, **problems(400, 401, 403, 404, 409, 422)},
    )
    @once
    def post(self, request: Request) -> Response:
        asked = SessionAsked.parse(request.data)
        fact = library.record(
            user_ref=reader_ref(request),
            edition_ref=asked["edition"],
            device_ref=asked["device"],
            client_uuid=asked["id"],
            started_at=asked["started_at"],
            ended_at=asked["ended_at"],
            first_page=asked["first_page"],
            last_page=asked["last_page"],
            at=timezone.now(),
        )
        return Response(SessionTold.of(fact), status=201)


def reader_ref(request: Request) -> str:
    """Who reads: the caller's `usr_…`."""
    return str(request.user.pk)
