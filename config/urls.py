"""Every address of the application, by package."""

from django.urls import include, path

from config import health, metrics

handler400 = "config.errors.bad_request"
handler403 = "config.errors.permission_denied"
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"

urlpatterns = [
    path("healthz", health.live, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics.page, name="metrics"),
    path("", include("config.identity.urls")),
    path("", include("billing.web.urls")),
    path("", include("reading.web.urls")),
    path("", include("royalties.web.urls")),
    path("", include("reports.web.urls")),
    path("api/v1/", include("config.identity.api_urls")),
    path("api/v1/", include("billing.api.urls")),
    path("api/v1/", include("royalties.api.urls")),
    path("api/v1/", include("reading.api.urls")),
]
